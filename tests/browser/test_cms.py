"""The editors' interface in a real browser: a benefit finds its risk and its second person, and
no page of it runs, or tries to run, a script that the content security policy refuses."""

import io
import re
import time
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import (
    TOTP,
    generate_totp_secret,
)
from django.core.management import call_command
from django.urls import reverse
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect
from wagtail.models import Page as WagtailPage
from wagtail.models import Site, Workflow

from consult.models import Role, User
from content.models import EvidencePage
from tests import factories
from tests.browser import codes

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DESK = {"width": 1280, "height": 1000}
AT_ONCE = 1.0  # seconds
# Draftail, Wagtail's editor, writes two <style> elements a text; the policy drops them unharmed.
KNOWN = "style-src"


@pytest.fixture
def portal(live_server: Any) -> str:
    call_command("make_pages", stdout=io.StringIO())
    return str(live_server.url)


def sign_in(browser: Browser, url: str, role: Role, name: str) -> Page:
    """Somebody of this role at their desk, with password and second factor."""
    secret = generate_totp_secret()
    person = factories.staff(role, second_factor=False, full_name=name)
    TOTP.activate(person, secret)
    page = browser.new_context(viewport=DESK, base_url=url).new_page()
    page.goto("/cms/")
    page.locator("[name=login]").fill(person.email)
    page.locator("[name=password]").fill(factories.PASSWORD)
    page.locator("main form button").first.click()
    page.locator("[name=code]").fill(codes.second_factor(secret))
    page.locator("main form button").first.click()
    page.wait_for_url("**/cms/**")
    return page


def block(page: Page, field: str, kind: str) -> Locator:
    """Adds a block to a field that has none; the block."""
    stream = page.locator(f"#panel-child-content-{field}-section, [data-contentpath={field}]").first
    stream.locator("button[title='Insert a block']").first.click()
    page.get_by_role("option", name=kind).first.click()
    return stream.locator("[data-streamfield-child]").first


def write(inside: Locator, part: str, text: str) -> None:
    box = inside.locator(f"[data-contentpath={part}] [contenteditable=true]").first
    box.click()
    box.press_sequentially(text)
    expect(box).to_contain_text(text)
    stored = inside.locator(f"[name$='-value-{part}']").first
    expect(stored).to_have_value(re.compile(re.escape(text)))


def ask_for(page: Page, action: str) -> None:
    page.locator("footer [data-w-dropdown-target=toggle]").first.click()
    page.locator(
        f"footer [name={action}], footer [data-workflow-action-name={action}]"
    ).first.click()


def test_a_benefit_is_refused_completed_submitted_approved_and_read_at_once(
    browser: Browser, portal: str
) -> None:
    target = EvidencePage.objects.live().get(slug="worn-joints")
    public = target.full_url.replace(Site.objects.get().root_url, portal)
    reader = browser.new_context().new_page()
    reader.goto(public)
    expect(reader.locator("main")).not_to_contain_text("walked a little further")

    editor = sign_in(browser, portal, Role.EDITOR, "Eva Lind")
    editor.goto(reverse("wagtailadmin_pages:edit", args=[target.pk]))
    benefit = block(editor, "results", "Benefit, with its risk")
    write(benefit, "what", "People walked a little further for some months.")
    ask_for(editor, "action-submit")

    benefit = editor.locator("[data-contentpath=results] [data-streamfield-child]").first
    expect(benefit.locator("[data-contentpath=risk]")).to_contain_text(
        "A benefit is stated without its risk. Say what risk goes with it."
    )
    expect(benefit).to_contain_text("Say how good the proof of this benefit is.")
    expect(benefit).to_contain_text("Name the source of this benefit and of its risk.")
    expect(benefit).to_contain_text("People walked a little further for some months.")
    assert kept(target) == "People walked a little further for some months."

    write(benefit, "risk", "1 in 4 had pain in the knee afterwards.")
    benefit.locator("[data-contentpath=evidence] select").select_option("mixed")
    choose_source(editor, benefit, "COCHRANE_OA")
    ask_for(editor, "action-submit")
    expect(editor.locator("body")).to_contain_text("has been submitted for moderation")
    reader.reload()
    expect(reader.locator("main")).not_to_contain_text("walked a little further")

    reviewer = sign_in(browser, portal, Role.CLINICAL_REVIEWER, "Ana Ruiz")
    reviewer.goto(reverse("wagtailadmin_pages:edit", args=[target.pk]))
    with reviewer.expect_navigation():
        ask_for(reviewer, "approve")
    approved = time.monotonic()
    reader.reload()
    expect(reader.locator("main")).to_contain_text("walked a little further", timeout=1)
    assert time.monotonic() - approved < AT_ONCE
    expect(reader.locator("main")).to_contain_text("by Ana Ruiz.")
    reviewer.goto(reverse("wagtailadmin_pages:history", args=[target.pk]))
    expect(reviewer.locator("main")).to_contain_text("Ana Ruiz")
    expect(reviewer.locator("main")).to_contain_text("Eva Lind")


def kept(page: WagtailPage) -> str:
    draft = WagtailPage.objects.get(pk=page.pk).get_latest_revision_as_object()
    return re.sub(r"<[^>]+>", "", draft.results[0].value["what"].source)


def choose_source(page: Page, inside: Locator, key: str) -> None:
    sources = inside.locator("[data-contentpath=sources]")
    sources.locator("button.c-sf-add-button").first.click()
    sources.locator("[data-chooser-action-choose]:visible").first.click()
    modal = page.locator(".modal.in, .modal.show")
    modal.locator("input[name=q]").fill(key)
    modal.locator("a", has_text=key).first.click()
    expect(modal).to_have_count(0)
    expect(sources).to_contain_text(key)


def places(page: WagtailPage) -> list[str]:
    one = (page.pk,)
    names = [
        ("wagtailadmin_home", ()),
        ("wagtailadmin_explore_root", ()),
        ("wagtailadmin_explore", (page.get_parent().pk,)),
        ("wagtailadmin_pages:edit", one),
        ("wagtailadmin_pages:history", one),
        ("wagtailadmin_pages:copy", one),
        ("wagtailadmin_pages:move", one),
        ("wagtailadmin_pages:delete", one),
        ("wagtailadmin_pages:usage", one),
        ("wagtailadmin_pages:add", ("content", "riskpage", page.get_parent().pk)),
        ("wagtailadmin_pages:view_draft", one),
        ("wagtailadmin_reports:locked_pages", ()),
        ("wagtailadmin_reports:workflow", ()),
        ("wagtailadmin_reports:workflow_tasks", ()),
        ("wagtailadmin_reports:site_history", ()),
        ("wagtailadmin_reports:aging_pages", ()),
        ("wagtailadmin_reports:page_types_usage", ()),
        ("pages_to_mend", ()),
        ("wagtailsnippets:index", ()),
        ("wagtailsnippets_content_source:list", ()),
        ("wagtailsnippets_content_source:add", ()),
        ("wagtailsnippets_content_source:edit", ("WANG2021",)),
        ("wagtailsnippets_content_glossaryterm:list", ()),
        ("wagtailimages:index", ()),
        ("wagtailimages:add", ()),
        ("wagtailimages:add_multiple", ()),
        ("wagtailsettings:edit", ("content", "clinicsettings", Site.objects.get().pk)),
        ("wagtailadmin_workflows:index", ()),
        ("wagtailadmin_workflows:edit", (Workflow.objects.get(name="Two people").pk,)),
        ("wagtailadmin_workflows:task_index", ()),
        ("wagtailredirects:index", ()),
        ("wagtailsites:index", ()),
        ("wagtailusers_groups:index", ()),
        ("wagtailadmin_account", ()),
        ("wagtailadmin_pages:search", ()),
    ]
    return [reverse(name, args=args) for name, args in names]


def test_no_page_of_the_editors_runs_a_script_that_the_policy_refuses(
    browser: Browser, portal: str
) -> None:
    page = sign_in(browser, portal, Role.ADMINISTRATOR, "Ada Berg")
    User.objects.filter(groups__name=Role.ADMINISTRATOR).update(is_superuser=True)
    refused: list[str] = []
    broken: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text and KNOWN not in message.text:
            refused.append(f"{page.url}: {message.text}")

    page.on("console", heard)
    page.on("pageerror", lambda error: broken.append(f"{page.url}: {error}"))
    for address in places(WagtailPage.objects.get(slug="infection")):
        response = page.goto(address)
        assert response is not None
        assert response.status == 200, address
    assert (refused, broken) == ([], [])


def test_the_crawl_would_hear_an_inline_script(browser: Browser, portal: str) -> None:
    page = sign_in(browser, portal, Role.EDITOR, "Eva Lind")
    with page.expect_console_message(lambda one: "Content Security Policy" in one.text) as heard:
        page.evaluate(
            "document.body.append(Object.assign(document.createElement('script'), "
            "{textContent: '1'}))"
        )
    assert KNOWN not in heard.value.text


def test_a_chooser_on_a_plain_form_works_under_the_policy(browser: Browser, portal: str) -> None:
    page = sign_in(browser, portal, Role.ADMINISTRATOR, "Ada Berg")
    target = WagtailPage.objects.get(slug="infection")
    page.goto(reverse("wagtailadmin_pages:move", args=[target.pk]))
    page.locator("[data-chooser-action-choose]:visible, .chooser .w-dropdown__toggle").first.click()
    page.locator("[data-chooser-action-choose]:visible").first.click()
    expect(page.locator(".modal-body")).to_be_visible()


def test_dates_and_previews_work_under_the_policy(browser: Browser, portal: str) -> None:
    page = sign_in(browser, portal, Role.EDITOR, "Eva Lind")
    target = WagtailPage.objects.get(slug="infection")
    page.goto(reverse("wagtailadmin_pages:edit", args=[target.pk]))
    page.locator("[name=next_review_on]").click()
    expect(page.locator(".xdsoft_datetimepicker:visible").first).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Toggle preview").click()
    inside = page.frame_locator("iframe[title=Preview]").last
    expect(inside.locator("h1")).to_contain_text("Infection")
    widths = {}
    for size in ("mobile", "desktop"):
        page.locator("[name=preview-size]").nth(0 if size == "mobile" else 2).check(force=True)
        widths[size] = inside.locator("html").evaluate("() => window.innerWidth")
    assert widths["mobile"] < 400 < 1000 < widths["desktop"]
