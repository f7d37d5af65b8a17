"""A clinician's “ready” and the answers behind it: what may be booked, moved, confirmed, done."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from consult.booking import actions
from consult.booking.refusals import NotBookable, NotCleared, StaleClearance
from consult.intake.reopened import pick, save_answers
from consult.models import (
    Appointment,
    AuditEvent,
    Decision,
    Hold,
    Intake,
    Note,
    User,
    VisitType,
)
from consult.rules.clearance import FOR_STAFF, FOR_THE_PERSON, HELD
from tests import factories
from tests.factories import NOW, at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_today")]
TEN, ELEVEN = at("2026-11-24T10:00"), at("2026-11-24T11:00")
HELD_BY_THE_RULES = 4


@pytest.fixture
def injection(db: None) -> VisitType:
    return factories.VisitTypeFactory(
        name="Injection", purpose=VisitType.Purpose.TREATMENT, booked_by="staff"
    )


def book(intake: Intake, kind: VisitType, by: User, **fields: Any) -> Appointment:
    row: dict[str, Any] = {"starts_at": TEN, "idempotency_key": "k"} | fields
    return actions.book(intake, visit_type=kind, clinician=None, zone="UTC", by=by, now=NOW, **row)


def hold(intake: Intake, kind: VisitType, by: User, **fields: Any) -> Hold:
    row: dict[str, Any] = {"starts_at": TEN} | fields
    return actions.hold(intake, visit_type=kind, clinician=None, by=by, now=NOW, **row)


def answers_changed() -> None:
    """Handed in again, with something that no clinician has decided about."""
    Intake.objects.update(revision=2)


# ------------------------------------------------------------------- a form that the rules hold
def test_a_held_form_books_a_talk_and_no_treatment(
    ana: Any, talk: Any, injection: Any, doctor: Any
) -> None:
    Intake.objects.update(rank=HELD_BY_THE_RULES)
    for act in (hold, book):
        with pytest.raises(StaleClearance, match=FOR_STAFF[HELD]):
            act(ana, injection, doctor)
    assert book(ana, talk, ana.owner).status == "booked"


def test_a_person_is_told_in_their_words_that_a_treatment_waits(
    ana: Any, injection: Any, patient: Client
) -> None:
    Intake.objects.update(rank=HELD_BY_THE_RULES)
    VisitType.objects.update(booked_by="patient")
    for answer in (patient.get("/consult/book/"), patient.post("/consult/book/", {})):
        assert FOR_THE_PERSON[HELD] in answer.text
    with pytest.raises(StaleClearance, match=FOR_THE_PERSON[HELD]):
        book(ana, injection, ana.owner)


@pytest.mark.parametrize(
    ("override", "second_at", "is_cleared"),
    [
        ("checked", NOW, True),
        ("passed", NOW, True),
        ("specialist", NOW, True),
        ("talk_only", NOW, False),
        ("checked", None, False),
        ("", None, False),
    ],
)
def test_two_clinicians_clear_a_held_form_for_a_treatment(
    ana: Any, injection: Any, doctor: Any, override: str, second_at: Any, is_cleared: bool
) -> None:
    Intake.objects.update(rank=HELD_BY_THE_RULES)
    Decision.objects.update(override=override, second_at=second_at)
    if is_cleared:
        assert book(ana, injection, doctor).status == "booked"
    else:
        with pytest.raises(StaleClearance):
            book(ana, injection, doctor)


@pytest.mark.parametrize("rank", [0, 1, 2, 3])
def test_lower_levels_hold_no_treatment(ana: Any, injection: Any, doctor: Any, rank: int) -> None:
    Intake.objects.update(rank=rank)
    assert book(ana, injection, doctor).status == "booked"


# ------------------------------------------------------------------------ moving and confirming
def test_a_person_moves_nothing_while_the_clearance_is_gone(
    ana: Any, talk: Any, doctor: Any
) -> None:
    visit = factories.appointment(ana, starts_at=TEN, visit_type=talk, clinician=doctor)
    answers_changed()
    for act in (
        lambda: actions.move(visit, clinician=None, starts_at=ELEVEN, by=ana.owner, now=NOW),
        lambda: hold(ana, talk, ana.owner, starts_at=ELEVEN, moves=visit),
    ):
        with pytest.raises(StaleClearance):
            act()
    assert (Appointment.objects.get().starts_at, Hold.objects.count()) == (TEN, 0)


@pytest.mark.parametrize("state", ["submitted", "asked", "on_hold", "ready"])
def test_staff_move_a_talk_whatever_has_become_of_its_form(
    ana: Any, talk: Any, doctor: Any, state: str
) -> None:
    visit = factories.appointment(ana, starts_at=TEN, visit_type=talk, clinician=doctor)
    answers_changed()
    Intake.objects.update(state=state)
    client = Client()
    client.force_login(doctor)
    address = f"/consult/appointments/{visit.code}/move/"
    assert client.get(address).status_code == 200
    held = client.post(address, {"starts_at": "2026-11-24T19:00Z"})
    page = client.get(held.url)
    posted = {name: page.context["form"][name].value() for name in page.context["form"].fields}
    assert client.post(held.url, posted).url == f"/consult/appointments/{visit.code}/"
    assert Appointment.objects.get().starts_at == ELEVEN


def test_nobody_moves_a_treatment_that_is_not_cleared(
    ana: Any, injection: Any, doctor: Any
) -> None:
    visit = factories.appointment(ana, starts_at=TEN, visit_type=injection, clinician=doctor)
    Intake.objects.update(rank=HELD_BY_THE_RULES)
    with pytest.raises(StaleClearance):
        actions.move(visit, clinician=None, starts_at=ELEVEN, by=doctor, now=NOW)
    Intake.objects.update(rank=0, state="submitted")
    with pytest.raises(NotBookable):
        actions.move(visit, clinician=None, starts_at=ELEVEN, by=doctor, now=NOW)
    assert Appointment.objects.get().starts_at == TEN


def test_a_request_is_not_confirmed_while_the_clearance_is_gone(
    ana: Any, talk: Any, doctor: Any
) -> None:
    asked = factories.appointment(
        ana, starts_at=TEN, visit_type=talk, clinician=doctor, status="requested"
    )
    answers_changed()
    with pytest.raises(StaleClearance, match="answers have changed since the decision"):
        actions.confirm(asked, by=doctor, now=NOW)
    client = Client()
    client.force_login(doctor)
    answer = client.post(f"/staff/appointments/{asked.code}/confirm/")
    assert (answer.status_code, "answers have changed" in answer.text) == (409, True)
    assert Appointment.objects.get().status == "requested"


# ---------------------------------------------------------------------- a treatment takes place
@pytest.fixture
def treated(ana: Any, injection: Any, doctor: Any) -> Appointment:
    """An hour ago, and the questions before it were never answered."""
    return factories.appointment(
        ana, starts_at=NOW - timedelta(hours=1), visit_type=injection, clinician=doctor
    )


RECHECK = "the questions before the treatment are not answered"


def test_a_treatment_that_was_not_cleared_is_marked_with_a_reason_only(
    treated: Any, doctor: Any
) -> None:
    with pytest.raises(NotCleared, match=RECHECK):
        actions.mark(treated, status="attended", by=doctor, now=NOW)
    assert (Appointment.objects.get().status, Note.objects.count()) == ("booked", 0)
    actions.mark(treated, status="attended", by=doctor, now=NOW, although="Asked by phone.")
    note = Note.objects.get()
    words = f"Treated on 2026-11-17 although not cleared ({RECHECK}): Asked by phone."
    assert (Appointment.objects.get().status, note.words, note.by) == ("attended", words, doctor)
    event = AuditEvent.objects.about(treated).get()
    assert event.details == {"status": "attended", "not_cleared": True}


def test_the_page_warns_asks_for_the_reason_and_keeps_what_was_typed(
    treated: Any, doctor: Any
) -> None:
    client = Client()
    client.force_login(doctor)
    address = f"/staff/appointments/{treated.code}/mark/"
    warned = client.post(address, {"status": "attended"})
    assert (warned.status_code, RECHECK in warned.text) == (409, True)
    for typed, words in (("  ", "Please write why."), ("x" * 1001, "x" * 1001)):
        answer = client.post(address, {"status": "attended", "although": typed})
        assert (answer.status_code, words in answer.text) == (422, True)
    assert Appointment.objects.get().status == "booked"
    done = client.post(address, {"status": "attended", "although": "Asked by phone."})
    assert done.url.startswith("/staff/calendar/")
    assert Appointment.objects.get().status == "attended"


def test_a_cleared_treatment_a_talk_and_who_did_not_come_need_no_reason(
    treated: Any, talk: Any, doctor: Any
) -> None:
    actions.mark(treated, status="missed", by=doctor, now=NOW)
    # a mark that is put right is asked about as well
    with pytest.raises(NotCleared):
        actions.mark(treated, status="attended", by=doctor, now=NOW)
    treated.intake.rechecks.create(
        appointment=treated, answered_at=NOW - timedelta(days=1), changed=False, revision=1
    )
    assert actions.mark(treated, status="attended", by=doctor, now=NOW).status == "attended"
    answers_changed()
    other = factories.appointment(
        treated.intake, starts_at=NOW - timedelta(hours=3), visit_type=talk, clinician=doctor
    )
    assert actions.mark(other, status="attended", by=doctor, now=NOW).status == "attended"
    assert Note.objects.count() == 0


# ------------------------------------------------------------ a danger sign that is not sent yet
def danger(intake: Intake) -> None:
    pick(intake, questions=["safety.now"], now=NOW)
    save_answers(
        intake,
        step="s1_you",
        answers={"safety.now": ["chest_pain"]},
        cleared=(),
        seen=None,
        now=NOW,
    )


def test_booking_is_paused_while_a_danger_sign_stands_in_answers_not_sent(
    ana: Any, talk: Any, doctor: Any, patient: Client
) -> None:
    danger(ana)
    for page in ("/consult/book/", "/consult/waitlist/"):
        assert "Please call us now" in patient.get(page).text
    with pytest.raises(NotBookable, match="Call us now"):
        book(ana, talk, ana.owner)
    assert Appointment.objects.count() == 0
    assert book(ana, talk, doctor).status == "booked"  # who talks with the person knows more


def test_a_danger_sign_that_a_clinician_has_cleared_pauses_nothing(ana: Any, talk: Any) -> None:
    section = ana.sections.get(step="s1_you")
    section.answers = section.answers | {"safety.now": ["chest_pain"]}
    section.save()
    danger(ana)
    assert book(ana, talk, ana.owner).status == "booked"
