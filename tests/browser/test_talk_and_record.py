"""Messages, treatments, the brief and the figures, on a phone and on a desk."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from consult.dashboard import treatments
from consult.dashboard.treatments import Given, Happened
from consult.intake import conversation
from consult.models import Intake, MessageTemplate, User
from tests import factories
from tests.browser.test_every_state import faults

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def talked(intake: Intake, clinician: User) -> Any:
    """A conversation, and a draft that goes on with it. Out: the draft."""
    now = timezone.now() - timedelta(hours=3)
    words = "Dear Ana,\nplease bring the pictures of your knee to the talk."
    draft = conversation.keep_draft(intake, words=words, by=clinician, now=now)
    conversation.send(draft, by=clinician, now=now)
    said = "I have them on a disc. Is that all right?"
    conversation.answer(intake, words=said, by=intake.owner, now=now + timedelta(hours=1))
    MessageTemplate.objects.create(name="Pictures", words="Dear {first_name},", changed_at=now)
    return conversation.keep_draft(intake, words="A disc is fine.", by=clinician, now=now)


def treated(intake: Intake, clinician: User) -> tuple[Any, Any]:
    now = timezone.now()
    given = Given(
        given_on=now.date() - timedelta(days=4),
        clinician=clinician,
        appointment=None,
        source="donor_cord",
        routes=["joint"],
        product="MSC-A",
        lot="AB12-3",
        dose="10 million cells",
        notes="Left knee.",
    )
    row = treatments.record(intake, given, by=clinician, now=now)
    what = Happened("Fever for a day.", now.date(), 1, "possible", "recovered")
    return row, treatments.add_event(row, what, by=clinician, now=now)


def walk() -> Iterator[tuple[User, list[str]]]:
    """Who looks, and at which addresses."""
    clinician, now = factories.clinician(), timezone.now()
    for number in range(7):
        day = now - timedelta(days=8 + number)
        factories.submitted(["P01", "P04"][number % 2], now=day, email=f"p{number}@example.org")
    intake = factories.ready(now=now - timedelta(days=6), by=clinician)
    intake.own_questions.create(words="May I swim?", made_at=now)
    factories.appointment(intake, starts_at=now + timedelta(days=3), clinician=clinician)
    draft = talked(intake, clinician)
    row, event = treated(intake, clinician)
    yield intake.owner, ["/consult/status/", "/consult/messages/"]
    case = f"/staff/intakes/{intake.code}/"
    yield (
        clinician,
        [
            case + "messages/",
            case + f"messages/{draft.pk}/",
            "/staff/message-templates/",
            "/staff/message-templates/new/",
            case + "treatments/new/",
            f"/staff/treatments/{row.pk}/",
            f"/staff/adverse-events/{event.pk}/",
            "/staff/lots/?lot=ab12-3",
            case + "brief/",
            "/staff/insights/",
            "/staff/insights/?period=year",
        ],
    )


def test_every_page_is_accessible_and_fits_its_window(browser: Any, live_server: Any) -> None:
    assert faults(browser, live_server.url, walk()) == []
