"""The session ends between the page and its button: on every page that takes words or a choice,
what was entered waits there, and counts once the person has signed in again."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from consult.booking import actions as booking
from consult.intake import actions, amending
from consult.intake.reopened import working_copy
from consult.models import (
    Appointment,
    Hold,
    Intake,
    Message,
    OwnQuestion,
    PortalMessage,
    User,
    WaitlistEntry,
)
from content.making.tree import make_pages
from tests import factories
from tests.data import copied, publish
from tests.factories import CARERS, CONTACT, PERSONAS
from tests.intake.test_coming_back import entered
from tests.intake.test_consents import NEW_STORE, STORE_WORDS
from tests.intake.test_sending import browser_of
from tests.intake.test_views import posted

pytestmark = pytest.mark.django_db
MEDS = "s8_medicines_life"
INTAKE = "/consult/intake"


def sign_in() -> Client:
    """On any device, with nothing but the address."""
    cache.clear()  # as if time had passed: so many codes in a minute are refused
    client = Client()
    client.post("/consult/sign-in/", {"email": CONTACT["email"]})
    letter = Message.objects.filter(event="sign_in_code").order_by("created_at").last()
    client.post(reverse("account_confirm_login_code"), {"code": letter.values["code"]})
    client.get("/consult/after-sign-in/")  # where that leads
    return client


# ------------------------------------------------------------------------- before it is sent
@dataclass(frozen=True)
class Page:
    """Where, what is typed there, and where it is found when it was kept."""

    address: str
    typed: dict[str, Any]
    kept: Callable[[Intake], Any]
    expected: Any


CHILD = PERSONAS["P12"]["answers"]
DRAFT_PAGES = [
    Page(
        f"{INTAKE}/contact/",
        CONTACT | {"phone": "+1 555 0100"},
        lambda intake: intake.contact["phone"],
        "+1 555 0100",
    ),
    Page(
        f"{INTAKE}/carer/",
        posted(CARERS["child"] | {"wishes": "Just typed."}),
        lambda intake: intake.carer["wishes"],
        "Just typed.",
    ),
    Page(
        f"{INTAKE}/check/",
        {"signature": "Ana Torres"},
        lambda intake: (intake.state, intake.revisions.count()),
        ("submitted", 1),
    ),
]


@pytest.mark.parametrize("page", DRAFT_PAGES, ids=lambda page: page.address.split("/")[-2])
@pytest.mark.parametrize("signed_in", [False, True], ids=["anonymous", "owner"])
def test_beside_the_steps_of_the_form(page: Page, signed_in: bool) -> None:
    intake = factories.draft(CHILD, now=timezone.now())
    client = sign_in() if signed_in else browser_of(intake)
    typed = entered(client.get(page.address)) | page.typed
    Session.objects.all().delete()
    waits = client.post(page.address, typed)
    assert (waits.status_code, waits.context["why"]) == (409, "ended")
    assert page.kept(Intake.objects.get()) != page.expected

    sign_in().post(page.address, entered(waits))
    assert page.kept(Intake.objects.get()) == page.expected


def test_an_answer_about_our_pages() -> None:
    make_pages()
    intake = factories.draft(PERSONAS["P09"]["answers"], now=timezone.now())
    client, address = browser_of(intake), f"{INTAKE}/understanding/"
    page = client.get(address)
    row = page.context["row"]
    typed = entered(page) | {"answer": row.asked["right"]}
    Session.objects.all().delete()
    waits = client.post(address, typed)
    assert (waits.status_code, waits.context["why"]) == (409, "ended")
    sign_in().post(address, entered(waits))
    row.refresh_from_db()
    assert [one["right"] for one in row.attempts] == [True]


# -------------------------------------------------------------------------- after it was sent
def kept_after_signing_in_again(client: Client, address: str, **typed: Any) -> None:
    everything = entered(client.get(address)) | typed
    Session.objects.all().delete()
    waits = client.post(address, everything)
    assert (waits.status_code, waits.context["why"]) == (409, "ended")
    again = {name for name in entered(waits) if name != "csrfmiddlewaretoken"}
    assert again == {name for name in everything if name != "csrfmiddlewaretoken"}
    done = sign_in().post(address, entered(waits))
    assert done.status_code == 302, done.text


@pytest.fixture
def doctor(db: None) -> User:
    return factories.opened(factories.clinician(), zone="America/Tijuana", weekdays="0123456")


@pytest.fixture
def ready(doctor: User) -> Intake:
    factories.VisitTypeFactory()
    return factories.ready(now=timezone.now(), by=doctor)


@pytest.fixture
def asked(doctor: User) -> Intake:
    intake = factories.submitted(now=timezone.now())
    actions.claim(User.objects.get(email=CONTACT["email"]), now=timezone.now())
    item: amending.Item = {"step": MEDS, "question": "meds.types", "words": "Which?"}
    amending.ask_for_more(intake, items=[item], by=doctor, now=timezone.now())
    return Intake.objects.get()


def test_an_answer_that_staff_asked_for(asked: Intake) -> None:
    address = f"/consult/amend/{asked.code}/{MEDS}/"
    kept_after_signing_in_again(sign_in(), address, **{"meds.types": ["anticoagulant"]})
    assert working_copy(Intake.objects.get()).answers["meds.types"] == ["anticoagulant"]


def test_the_answers_that_are_handed_in_again(asked: Intake) -> None:
    address = f"/consult/amend/{asked.code}/"
    client = sign_in()
    client.post(f"{address}{MEDS}/", {"meds.types": ["none"], "version": "0"})
    kept_after_signing_in_again(client, address)
    assert Intake.objects.get().state == "submitted"


def test_that_something_has_changed(ready: Intake) -> None:
    address = f"/consult/changes/{ready.code}/"
    kept_after_signing_in_again(sign_in(), address, choice="pick", changed=["meds.types"])
    assert MEDS in [part.step.id for part in working_copy(Intake.objects.get()).parts]


def test_a_message_to_our_team(ready: Intake) -> None:
    address, typed = "/consult/messages/", {"form": ready.code, "words": "May I bring my sister?"}
    kept_after_signing_in_again(sign_in(), address, **typed)
    assert [one.words for one in PortalMessage.objects.all()] == ["May I bring my sister?"]


def test_a_question_for_the_talk_and_its_better_words(ready: Intake) -> None:
    address = "/consult/questions/"
    kept_after_signing_in_again(sign_in(), address, form=ready.code, words="Will it hurt?")
    question = OwnQuestion.objects.get()
    assert question.words == "Will it hurt?"
    kept_after_signing_in_again(sign_in(), f"{address}{question.pk}/", words="Will it hurt long?")
    assert OwnQuestion.objects.get().words == "Will it hurt long?"


def test_new_words_of_an_agreement(ready: Intake, tmp_path: Any) -> None:
    with copied(tmp_path / "data") as data:
        publish(data, "0.2.0", STORE_WORDS, NEW_STORE, "material")
        said = {"consent.data": "yes", "signature": "Ana Torres"}
        kept_after_signing_in_again(sign_in(), "/consult/agreements/", **said)
        newest = ready.consents.order_by("at").last()
    assert (newest.purpose, newest.given, newest.signature) == ("consent.data", True, "Ana Torres")


# -------------------------------------------------------------------------------- booking
def next_week() -> Any:
    noon = timezone.now().replace(hour=20, minute=0, second=0, microsecond=0)
    return noon + timedelta(days=7)


@pytest.fixture
def held(ready: Intake) -> Hold:
    kind = factories.VisitType.objects.get()
    return booking.hold(
        ready,
        visit_type=kind,
        clinician=None,
        starts_at=next_week(),
        by=ready.owner,
        now=timezone.now(),
    )


@pytest.fixture
def visit(ready: Intake, doctor: User) -> Iterator[Appointment]:
    return factories.appointment(
        ready,
        starts_at=next_week(),
        clinician=doctor,
        visit_type=factories.VisitType.objects.get(),
    )


def test_what_we_should_know_before_a_visit_although_its_hold_has_ended(held: Hold) -> None:
    client = sign_in()
    address = f"/consult/book/{held.pk}/"
    typed = entered(client.get(address)) | {"note": "I bring my sister."}
    Session.objects.all().delete()
    Hold.objects.update(expires_at=timezone.now())
    waits = client.post(address, typed)
    assert (waits.status_code, Appointment.objects.count()) == (409, 0)
    sign_in().post(address, entered(waits))
    assert [one.note for one in Appointment.objects.all()] == ["I bring my sister."]


def test_why_a_visit_is_cancelled(visit: Appointment) -> None:
    address = f"/consult/appointments/{visit.code}/cancel/"
    kept_after_signing_in_again(sign_in(), address, reason="I am travelling.")
    left = Appointment.objects.get()
    assert (left.status, left.reason) == ("cancelled", "I am travelling.")


def test_what_is_waited_for(visit: Appointment) -> None:
    today = timezone.localdate()  # too late for any time that is free already
    typed = {
        f"{name}.{part}": str(getattr(today, part))
        for name in ("first_on", "last_on")
        for part in ("day", "month", "year")
    }
    client, address = sign_in(), "/consult/waitlist/"
    kept_after_signing_in_again(client, address, do="join", none="yes", day_part="morning", **typed)
    assert WaitlistEntry.objects.get().day_part == "morning"


def test_a_stale_token_loses_nothing_either(held: Hold) -> None:
    browser = Client(enforce_csrf_checks=True)
    typed = {"note": "I bring my sister.", "csrfmiddlewaretoken": "x" * 64}
    waits = browser.post(
        f"/consult/book/{held.pk}/", typed, headers={"origin": "http://testserver"}
    )
    assert (waits.status_code, waits.context["why"]) == (409, "page")
    assert entered(waits)["note"] == ["I bring my sister."]
