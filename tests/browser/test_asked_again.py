"""After a form was sent: what is asked again, and what staff see, on a phone and on a desk."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from consult.intake import amending, rechecking
from consult.intake.reopened import pick, save_answers
from consult.models import Intake, User, VisitType
from tests import factories
from tests.browser.test_every_state import faults

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MEDS = "s8_medicines_life"
ITEMS: list[amending.Item] = [
    {"step": MEDS, "question": "meds.types", "words": "Which blood thinner, and since when?"},
    {"step": MEDS, "question": "", "words": "Please list every medicine that you take."},
]


def of(intake: Intake, name: str) -> str:
    return f"/consult/{name}/{intake.code}/"


def put(intake: Intake, **answers: Any) -> None:
    now = timezone.now()
    pick(intake, questions=answers, now=now)
    save_answers(intake, step=MEDS, answers=answers, cleared=(), seen=None, now=now)


def walk() -> Iterator[tuple[User, list[str]]]:
    """Who looks, and at which addresses, as the case goes on."""
    clinician, now = factories.clinician(), timezone.now()
    asked = factories.ready(now=now, by=clinician, email="asked@example.org")
    staff_page = f"/staff/intakes/{asked.code}/"
    yield clinician, [staff_page + "ask/"]
    amending.ask_for_more(asked, items=ITEMS, by=clinician, now=now)
    owner = asked.owner
    yield owner, ["/consult/status/", of(asked, "amend"), of(asked, "amend") + f"{MEDS}/"]
    yield clinician, [staff_page, staff_page + "ask/"]

    ready = factories.ready(now=now, by=clinician, email="ready@example.org")
    kind = factories.VisitTypeFactory(purpose=VisitType.Purpose.TREATMENT, name="Injection")
    factories.appointment(ready, visit_type=kind, starts_at=now + timedelta(hours=50))
    yield ready.owner, ["/consult/status/", of(ready, "changes")]
    put(ready, **{"meds.types": ["anticoagulant"]})
    yield ready.owner, [of(ready, "amend"), of(ready, "amend") + f"{MEDS}/"]
    rechecking.hand_in_changes(ready, signs=["antibiotics"], now=timezone.now())
    yield ready.owner, ["/consult/status/"]
    yield clinician, [f"/staff/intakes/{ready.code}/"]


def test_every_page_is_accessible_and_fits_its_window(browser: Any, live_server: Any) -> None:
    assert faults(browser, live_server.url, walk()) == []
