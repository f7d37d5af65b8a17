"""Times that are asked for and confirmed by staff."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from consult.booking import actions
from consult.booking.refusals import NotBookable, SlotTaken
from consult.models import Appointment, AuditEvent, Cell, Intake, Message, StaffTask, VisitType
from tests import factories
from tests.factories import NOW, at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_today")]
TEN = at("2026-11-24T10:00")


@pytest.fixture
def asking(db: None) -> VisitType:
    return factories.VisitTypeFactory(name="At the clinic", booked_by="request")


def ask(intake: Intake, asking: VisitType, **changed: Any) -> Appointment:
    given = {
        "visit_type": asking,
        "clinician": None,
        "starts_at": TEN,
        "zone": "America/Tijuana",
        "idempotency_key": "k",
        "by": intake.owner,
        "now": NOW,
    }
    return actions.book(intake, **(given | changed))


def letters() -> list[tuple[str, str]]:
    return sorted(Message.objects.exclude(event="booking_invite").values_list("event", "status"))


def booking_letters() -> list[tuple[str, str]]:
    return [one for one in letters() if one[0].startswith(("booking", "reminder"))]


def test_a_time_asked_for_is_kept_told_and_given_to_staff(ana: Any, asking: Any) -> None:
    made = ask(ana, asking)
    assert (made.status, Cell.objects.filter(appointment=made).count()) == ("requested", 4)
    assert booking_letters() == [("booking_requested", "scheduled")]
    task = StaffTask.objects.get()
    assert (task.event, task.intake) == ("staff_confirm_request", ana)
    assert task.due_at == at("2026-11-18T17:00")  # the end of the next working day
    assert AuditEvent.objects.about(made).get().did == "asked for an appointment"


def test_nobody_else_gets_a_time_that_is_asked_for(ana: Any, asking: Any) -> None:
    ask(ana, asking)
    with pytest.raises(SlotTaken):
        ask(factories.ready(email="ben@example.org"), asking)


def test_who_has_asked_does_not_ask_twice_and_does_not_move_it(ana: Any, asking: Any) -> None:
    made = ask(ana, asking)
    assert ask(ana, asking) == made
    with pytest.raises(NotBookable, match="already have an appointment"):
        ask(ana, asking, idempotency_key="other")
    with pytest.raises(NotBookable, match="not confirmed yet"):
        actions.move(made, clinician=None, starts_at=at("2026-11-24T15:00"), by=ana.owner, now=NOW)


def test_confirming_books_it_with_letter_and_reminders(ana: Any, asking: Any, doctor: Any) -> None:
    ana.consents.filter(purpose="consent.email").update(given=True)
    done = actions.confirm(ask(ana, asking), by=doctor, now=NOW)
    assert (done.status, done.sequence, done.cells.count()) == ("booked", 1, 4)
    assert booking_letters()[:2] == [
        ("booking_confirmed", "scheduled"),
        ("booking_requested", "cancelled"),
    ]
    assert {("reminder_24h", "scheduled"), ("reminder_72h", "scheduled")} <= set(letters())
    task = StaffTask.objects.get()
    assert (task.done_by, task.what_was_done) == (doctor, "Confirmed.")


def test_declining_frees_the_time_and_says_why_on_the_page(
    ana: Any, asking: Any, doctor: Any, patient: Any
) -> None:
    made = ask(ana, asking)
    actions.decline(made, words="That room is closed. Is Friday good?", by=doctor, now=NOW)
    gone = Appointment.objects.get()
    assert (gone.status, gone.by_clinic, Cell.objects.count()) == ("cancelled", True, 0)
    assert ("booking_changed", "scheduled") in letters()
    assert StaffTask.objects.get().what_was_done == "Declined."
    page = patient.get(f"/consult/appointments/{made.code}/").text
    assert "That room is closed. Is Friday good?" in page
    assert "Choose another time" in page
    assert ask(ana, asking, idempotency_key="again").is_request
    assert StaffTask.objects.filter(done_at=None).count() == 1


@pytest.mark.parametrize("first", ["confirm", "decline", "cancel"])
@pytest.mark.parametrize("second", ["confirm", "decline"])
def test_of_two_at_once_the_second_hears_what_happened(
    ana: Any, asking: Any, doctor: Any, first: str, second: str
) -> None:
    made = ask(ana, asking)
    words = {"words": "No."}
    getattr(actions, first)(made, by=doctor, now=NOW, **(words if first == "decline" else {}))
    stands = list(Appointment.objects.values()), list(Message.objects.values())
    with pytest.raises(NotBookable, match="booked" if first == "confirm" else "cancelled"):
        getattr(actions, second)(made, by=doctor, now=NOW, **(words if second == "decline" else {}))
    assert (list(Appointment.objects.values()), list(Message.objects.values())) == stands


def test_a_request_whose_time_has_passed_can_only_be_declined(
    ana: Any, asking: Any, doctor: Any
) -> None:
    made = ask(ana, asking)
    with pytest.raises(NotBookable, match="has passed"):
        actions.confirm(made, by=doctor, now=TEN)
    with pytest.raises(NotBookable, match="decline"):
        actions.mark(made, status="attended", by=doctor, now=TEN + timedelta(hours=1))
    assert actions.decline(made, words="Sorry.", by=doctor, now=TEN).status == "cancelled"


def test_a_form_that_is_no_longer_ready_cannot_be_confirmed(
    ana: Any, asking: Any, doctor: Any
) -> None:
    made = ask(ana, asking)
    Intake.objects.update(state="on_hold")
    with pytest.raises(NotBookable, match="clear up"):
        actions.confirm(made, by=doctor, now=NOW)
    assert Appointment.objects.get().status == "requested"


def test_the_person_asks_and_takes_it_back_on_the_pages(
    patient: Any, ana: Any, asking: Any
) -> None:
    page = patient.get("/consult/book/").text
    assert "Ask for a time" in page
    held = patient.post("/consult/book/", {"starts_at": "2026-11-24T18:00Z"})
    assert "Ask for this time</button>" in patient.get(held.url).text
    fields = {"type": str(asking.pk), "key": held.url.split("/")[-2], "note": ""}
    done = patient.post(held.url, fields | {"starts_at": "2026-11-24T18:00Z"}, follow=True).text
    assert "You have asked for this time" in done
    assert "appointment.ics" not in done
    made = Appointment.objects.get()
    assert made.status == "requested"
    assert patient.get(f"/consult/appointments/{made.code}/move/").status_code == 302
    patient.post(f"/consult/appointments/{made.code}/cancel/", {"reason": ""})
    gone = Appointment.objects.get()
    assert (gone.status, gone.by_clinic, Cell.objects.count()) == ("cancelled", False, 0)
    assert StaffTask.objects.get().what_was_done == "Taken back."


@pytest.fixture
def desk(db: None) -> Client:
    client = Client()
    client.force_login(factories.staff(factories.Role.FRONT_DESK))
    return client


def test_staff_come_from_the_task_and_confirm(desk: Any, ana: Any, asking: Any) -> None:
    made = ask(ana, asking)
    assert f"/staff/intakes/{ana.code}/request/" in desk.get("/staff/tasks/").text
    page = f"/staff/appointments/{made.code}/confirm/"
    assert desk.get(f"/staff/intakes/{ana.code}/request/").url == page
    shown = desk.get(page).text
    assert "Tuesday 24 November 2026, 10:00, Tijuana time" in shown
    looked = AuditEvent.objects.about(made.intake).filter(did="viewed intake")
    assert [one.details for one in looked] == [{"part": "appointment"}]
    assert desk.post(page).url == f"/consult/appointments/{made.code}/"
    late = desk.post(page)
    assert (late.status_code, "Meanwhile this time is “booked”." in late.text) == (409, True)
    assert desk.get(f"/staff/intakes/{ana.code}/request/").url == f"/staff/intakes/{ana.code}/"


def test_staff_decline_with_words_only(desk: Any, ana: Any, asking: Any) -> None:
    made = ask(ana, asking)
    page = f"/staff/appointments/{made.code}/decline/"
    assert desk.get(page).url == f"/staff/appointments/{made.code}/confirm/"
    empty = desk.post(page, {"words": " "})
    assert (empty.status_code, "write a sentence" in empty.text) == (422, True)
    assert desk.post(page, {"words": "Not that day."}).status_code == 302
    late = desk.post(page, {"words": "Not that day either."})
    assert (late.status_code, Appointment.objects.get().reason) == (409, "Not that day.")
    assert "Not that day either." not in Appointment.objects.get().reason
