"""The case page, its decisions, the tasks and the broken glass: phone and desk, day and night."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from consult.intake.actions import decide
from consult.models import Intake, Role
from tests import factories
from tests.browser.journey import DESK, PHONE
from tests.browser.test_public_pages import serious

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def held_form() -> Intake:
    """A form that the rules hold, with an override that waits for a second clinician."""
    intake = factories.submitted("P04")
    Intake.objects.filter(pk=intake.pk).update(rank=4)
    intake.refresh_from_db()
    decide(
        intake,
        by=factories.clinician(full_name="Paula Reyes"),
        kind="ready",
        reason="The report is clear.",
        override="checked",
        now=factories.NOW,
    )
    return intake


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESK], ids=["phone", "desk"])
def test_case_tasks_and_glass_are_free_of_serious_faults(
    browser: Browser, live_server, client, tmp_path: Path, width, scheme
) -> None:
    shots = Path(os.environ.get("SCREENSHOTS", tmp_path))
    intake = held_form()
    lead = factories.staff(Role.LEAD_CLINICIAN, full_name="Lena Okafor")
    client.force_login(lead)
    url = live_server.url
    # axe is put into the page from outside, which the pages' own policy rightly refuses.
    context = browser.new_context(
        viewport=width, base_url=url, color_scheme=scheme, bypass_csp=True
    )
    context.add_cookies(
        [{"name": name, "value": one.value, "url": url} for name, one in client.cookies.items()]
    )
    page = context.new_page()
    case = f"/staff/intakes/{intake.code}/"
    for name, path in {
        "case": case,
        "tasks": "/staff/tasks/",
        "glass": "/staff/glass/",
        "withdraw": f"{case}withdraw/",
    }.items():
        page.goto(path)
        assert serious(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.screenshot(path=shots / f"{name}-{width['width']}-{scheme}.png", full_page=True)
    page.goto(case)
    page.get_by_role("button", name="Record it").click()
    expect(page).to_have_title(re.compile("^Error"))
    assert serious(page) == []
    page.screenshot(path=shots / f"second-error-{width['width']}-{scheme}.png", full_page=True)
    context.close()
