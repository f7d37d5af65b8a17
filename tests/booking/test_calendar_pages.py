"""The care team's calendar: what it shows, what can be done there, what is blocked."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from consult.booking import actions, blocks
from consult.booking.refusals import SlotTaken
from consult.models import Appointment, AuditEvent, Cell, Hold, HoursChange, Role, TimeBlock
from tests import factories
from tests.factories import NOW, at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_today")]
DAY, WEEK, BLOCK = "/staff/calendar/", "/staff/calendar/week/", "/staff/calendar/block/"


@pytest.fixture
def desk(db: None) -> Client:
    client = Client()
    client.force_login(factories.staff(Role.FRONT_DESK))
    return client


@pytest.fixture
def visit(ana: Any, talk: Any, doctor: Any) -> Appointment:
    return factories.appointment(
        ana, starts_at=at("2026-11-17T11:00"), visit_type=talk, clinician=doctor
    )


def blocked(doctor: Any, starts: str, ends: str, words: str = "") -> TimeBlock:
    return blocks.block(
        doctor, starts_at=at(starts), ends_at=at(ends), words=words, by=doctor, now=NOW
    )


def lines(page: str) -> list[str]:
    """What stands in the cells of the calendar, as read aloud."""
    found = re.findall(r'<li class="stretch.*?</li>', page, flags=re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", one).split()) for one in found]


def test_a_day_shows_what_is_booked_free_blocked_and_closed(
    desk: Any, visit: Any, doctor: Any
) -> None:
    blocked(doctor, "2026-11-17T15:00", "2026-11-17T15:30", "Meeting")
    told = lines(desk.get(DAY).text)
    code = visit.intake.code
    assert told == [
        "09:00 to 11:00 Free",
        f"11:00 to 11:45 Ana Torres (First talk, by video) Not confirmed yet {code} ,"
        " form of Ana Torres Move : Ana Torres Cancel : Ana Torres",
        "11:45 to 12:00 Kept free around a visit",
        "12:00 to 13:00 Free",
        "13:00 to 14:00 Closed",
        "14:00 to 15:00 Free",
        "15:00 to 15:30 Blocked Meeting Open again : 15:00 to 15:30, Dr Luisa Ortega",
        "15:30 to 17:00 Free",
        "17:00 to 18:00 Free",
    ]


def test_a_time_that_somebody_is_choosing_is_not_free(
    desk: Any, ana: Any, talk: Any, doctor: Any
) -> None:
    starts_at = at("2026-11-24T09:00")
    actions.hold(ana, visit_type=talk, clinician=doctor, starts_at=starts_at, by=doctor, now=NOW)
    told = lines(desk.get(f"{DAY}?day=2026-11-24").text)
    assert told[:2] == ["09:00 to 10:00 Being chosen now", "10:00 to 12:00 Free"]
    Hold.objects.update(expires_at=NOW)
    assert lines(desk.get(f"{DAY}?day=2026-11-24").text)[0] == "09:00 to 12:00 Free"


def test_a_week_shows_seven_days_a_row_a_clinician(desk: Any, visit: Any, doctor: Any) -> None:
    other = factories.opened(factories.clinician(full_name="Dr Abel Cruz"))
    HoursChange.objects.create(
        clinician=other, first_on="2026-11-17", last_on="2026-11-17", zone="America/Tijuana"
    )
    page = desk.get(f"{WEEK}?day=2026-11-19").text
    assert '<a href="/staff/calendar/" aria-current="true">Calendar</a>' in page
    assert "Monday 16 November to Sunday 22 November 2026" in page
    assert page.index("Dr Abel Cruz</th>") < page.index("Dr Luisa Ortega</th>")
    assert page.count('scope="row"') == 2
    assert page.count('<td role="cell">') == 14
    assert page.count('<p class="stretch stretch-closed">Closed</p>') == 5  # weekends, one day off
    assert [one for one in lines(page) if "Ana" in one] == [
        "11:00 to 11:45 Ana Torres First talk Not confirmed yet"
    ]
    assert "?day=2026-11-09" in page
    assert "?day=2026-11-23" in page
    looked = AuditEvent.objects.get(did="viewed the calendar of a week")
    assert looked.details == {"rows": [visit.code]}


def test_a_week_does_not_end_what_is_free_at_noon(desk: Any, doctor: Any) -> None:
    HoursChange.objects.create(
        clinician=doctor, first_on="2026-11-17", last_on="2026-11-17", zone="America/Tijuana",
        starts="10:00", ends="19:00", is_open=True,
    )  # fmt: skip
    week, day = (lines(desk.get(f"{one}?day=2026-11-17").text) for one in (WEEK, DAY))
    whole = "10:00 to 19:00 Free"
    assert (whole in week, whole in day) == (True, False)
    parts = ["10:00 to 12:00 Free", "12:00 to 17:00 Free", "17:00 to 19:00 Free"]
    assert [one for one in day if "Free" in one] == parts


def test_the_view_may_be_named_in_the_address(desk: Any, doctor: Any) -> None:
    assert "Week after" in desk.get(f"{DAY}?view=week").text


def test_one_clinician_alone(desk: Any, visit: Any, doctor: Any) -> None:
    other = factories.opened(factories.clinician(full_name="Dr Abel Cruz"))
    page = desk.get(f"{DAY}?clinician={other.pk}").text
    assert "Ana Torres" not in page
    assert 'role="columnheader">Dr Abel Cruz' in page
    assert 'role="columnheader">Dr Luisa Ortega' not in page
    for odd in ("x", ana_key := str(visit.intake.owner_id), "00000000-0000-0000-0000-000000000000"):
        assert "Ana Torres" in desk.get(f"{DAY}?clinician={odd}").text, (odd, ana_key)


@pytest.mark.parametrize("status", ["requested", "attended", "missed", "cancelled"])
def test_every_state_is_said_in_words(desk: Any, visit: Any, status: str) -> None:
    cancelled = NOW if status == "cancelled" else None
    Appointment.objects.update(status=status, cancelled_at=cancelled)
    words = {
        "requested": "Asked for, to be confirmed",
        "attended": "Attended",
        "missed": "Did not attend",
        "cancelled": "Cancelled",
    }[status]
    for page in (DAY, WEEK):
        assert f'<span class="visit-status">{words}</span>' in desk.get(page).text


def test_the_clinic_cancels_with_words(desk: Any, visit: Any) -> None:
    page = f"/staff/appointments/{visit.code}/cancel/"
    assert "Ana Torres, Tuesday 17 November 2026, 11:00" in desk.get(page).text
    empty = desk.post(page, {"words": ""})
    assert (empty.status_code, Appointment.objects.get().status) == (422, "booked")
    back = desk.post(page, {"words": "The doctor is ill."})
    assert back.url == f"/staff/calendar/?day=2026-11-17#visit-{visit.code}"
    row = Appointment.objects.get()
    assert (row.status, row.by_clinic, row.reason) == ("cancelled", True, "The doctor is ill.")
    assert "Cancelled by the clinic" in desk.get(DAY).text
    assert desk.get(page).status_code == 302
    assert desk.post(page, {"words": "Again"}).status_code == 302
    assert Appointment.objects.get().reason == "The doctor is ill."


def test_a_wrong_mark_is_taken_back(desk: Any, visit: Any, time_machine: Any) -> None:
    time_machine.move_to(at("2026-11-17T12:00"), tick=False)
    mark = f"/staff/appointments/{visit.code}/mark/"
    assert "Take this back" not in factories.still_at_work(desk).get(DAY).text
    desk.post(mark, {"status": "missed"})
    assert "Take this back" in desk.get(DAY).text
    desk.post(mark, {"status": "booked"})
    assert Appointment.objects.get().status == "booked"


def test_a_form_is_found_by_its_reference_to_book_for_it(desk: Any, ana: Any) -> None:
    page = "/staff/calendar/book/"
    found = desk.post(page, {"code": f" {ana.code.lower()} "})
    assert found.url == f"/consult/book/?for={ana.code}"
    for odd in ("NOSUCH", "A\x00B", "", "½-"):
        missed = desk.post(page, {"code": odd}, follow=True)
        assert "No form has this reference" in missed.text


@pytest.mark.parametrize("odd", ["A%00B", "%C2%BD-", "..."])
def test_what_no_code_can_be_is_not_there(desk: Any, odd: str) -> None:
    for address in (
        f"/consult/book/?for={odd}",
        f"/consult/appointments/{odd}/",
        f"/consult/offers/{odd}/",
        f"/staff/intakes/{odd}/request/",
        f"/staff/intakes/{odd}/",
        f"/consult/my-data/forms/{odd}/reminders/",
    ):
        assert desk.get(address).status_code == 404, address


def test_the_paper_names_times_people_and_numbers_and_nothing_else(
    desk: Any, visit: Any, doctor: Any, ana: Any
) -> None:
    visit.note = "I have a fever"
    visit.save()
    blocked(doctor, "2026-11-17T15:00", "2026-11-17T15:30", "Meeting")
    page = desk.get("/staff/calendar/print/").text
    for words in ("11:00 to 11:45", "Ana Torres", "First talk, by video", "+52 664 123 4567"):
        assert words in page
    assert "Blocked: Meeting" in page
    assert "fever" not in page
    assert ana.code not in page
    assert AuditEvent.objects.filter(did="viewed the calendar to print it").count() == 1
    actions.cancel(visit, by=doctor, now=NOW)
    assert "Ana Torres" not in desk.get("/staff/calendar/print/").text


@pytest.mark.parametrize("page", [DAY, WEEK, "/staff/calendar/print/"])
def test_more_visits_and_clinicians_cost_no_more_queries(desk: Any, talk: Any, page: str) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(page).status_code == 200
        return len(queries)

    def fill(n: int) -> None:
        doctor = factories.opened(factories.clinician(email=f"d{n}@example.org"))
        form = factories.ready(by=doctor, email=f"p{n}@example.org")
        for hour in range(9, 13):
            starts_at = at(f"2026-11-17T{hour:02}:00")
            factories.appointment(form, starts_at=starts_at, visit_type=talk, clinician=doctor)

    fill(0)
    asked()  # what a process reads once
    few = asked()
    for n in range(1, 6):
        fill(n)
    assert asked() == few


# ---------------------------------------------------------------------------------------- blocks
def posted(doctor: Any, starts: str, ends: str, words: str = "") -> dict[str, str]:
    return {"clinician": str(doctor.pk), "starts_at": starts, "ends_at": ends, "words": words}


def test_a_block_closes_its_time_and_opens_it_again(
    desk: Any, doctor: Any, ana: Any, talk: Any
) -> None:
    page = f"/consult/book/?for={ana.code}&type={talk.pk}"
    nine = "2026-11-24T17:00Z"
    assert nine in desk.get(page).text
    fields = posted(doctor, "2026-11-24T09:00", "2026-11-24T13:00", "Training")
    assert desk.post(BLOCK, fields).url == "/staff/calendar/?day=2026-11-24"
    row = TimeBlock.objects.get()
    assert (row.starts_at, row.ends_at) == (at("2026-11-24T09:00"), at("2026-11-24T13:00"))
    assert Cell.objects.filter(block=row).count() == 16
    assert nine not in desk.get(page).text
    assert desk.post(page, {"starts_at": nine}).status_code == 409
    desk.post(f"/staff/calendar/blocks/{row.pk}/remove/")
    assert (TimeBlock.objects.count(), Cell.objects.count()) == (0, 0)
    assert nine in desk.get(page).text
    did = AuditEvent.objects.filter(did__endswith="block").values_list("did", flat=True)
    assert list(did) == ["removed a block"]
    assert AuditEvent.objects.filter(did="blocked time", to_id=str(row.pk)).count() == 1


def test_a_block_does_not_move_a_visit_and_says_which_stands_there(
    desk: Any, doctor: Any, visit: Any
) -> None:
    answer = desk.post(BLOCK, posted(doctor, "2026-11-17T11:45", "2026-11-17T13:00"))
    assert answer.status_code == 422  # a quarter of an hour after the visit is kept for it
    assert f"Tuesday 17 November, 11:00, Ana Torres ({visit.code})" in answer.text
    assert "2026-11-17T11:45" in answer.text  # what was typed
    assert TimeBlock.objects.count() == 0


def test_blocks_do_not_overlap(desk: Any, doctor: Any) -> None:
    blocked(doctor, "2026-11-24T09:00", "2026-11-24T10:00")
    answer = desk.post(BLOCK, posted(doctor, "2026-11-24T09:30", "2026-11-24T10:30"))
    assert (answer.status_code, "is blocked already" in answer.text) == (422, True)


@pytest.mark.parametrize(
    ("starts", "ends", "words"),
    [
        ("", "2026-11-24T10:00", "give a day and a time"),
        ("soon", "2026-11-24T10:00", "give a day and a time"),
        ("2026-11-24T10:00", "2026-11-24T10:00", "has to be later"),
        ("2026-11-24T10:00", "2026-11-24T09:00", "has to be later"),
        ("2026-11-24T10:07", "2026-11-24T11:00", "full quarter"),
        ("2026-11-01T10:00", "2026-11-01T11:00", "from now on"),
        ("2026-11-17T08:00", "2026-11-17T09:30", "and ahead"),
        ("2026-11-24T10:00", "2026-12-24T10:00", "change the hours"),
        ("9999-12-31T23:45", "9999-12-31T23:59", "from now on"),
        ("0001-01-01T00:00", "0001-01-01T00:15", "from now on"),
        ("2027-03-14T02:30", "2027-03-14T04:00", "Error"),  # the clocks skip it
    ],
)
def test_blocks_that_cannot_be_are_refused_in_words(
    desk: Any, doctor: Any, starts: str, ends: str, words: str
) -> None:
    answer = desk.post(BLOCK, posted(doctor, starts, ends, "Meeting"))
    assert (answer.status_code, words in answer.text) == (422, True)
    assert 'value="Meeting"' in answer.text
    assert TimeBlock.objects.count() == 0


@pytest.mark.parametrize("who", ["", "x", "patient"])
def test_only_clinicians_with_hours_are_blocked(desk: Any, doctor: Any, ana: Any, who: str) -> None:
    fields = posted(doctor, "2026-11-24T09:00", "2026-11-24T10:00")
    fields["clinician"] = str(ana.owner_id) if who == "patient" else who
    assert desk.post(BLOCK, fields).status_code == 422


def test_the_page_begins_with_the_day_that_was_shown(desk: Any, doctor: Any) -> None:
    page = desk.get(f"{BLOCK}?day=2026-11-24&clinician={doctor.pk}").text
    assert 'value="2026-11-24T09:00"' in page
    assert f'value="{doctor.pk}" selected' in page
    assert desk.get(f"{BLOCK}?day=x").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_block_against_bookings_has_one_winner(time_machine: Any) -> None:
    time_machine.move_to(NOW)
    doctor = factories.opened(factories.clinician())
    talk = factories.VisitTypeFactory()
    people = [factories.ready(by=doctor, email=f"p{n}@example.org") for n in range(4)]
    ten = at("2026-11-24T10:00")

    def booked(form: Any) -> Any:
        return actions.book(
            form, visit_type=talk, clinician=None, starts_at=ten, zone="UTC",
            idempotency_key="k", by=form.owner, now=NOW,
        )  # fmt: skip

    def block() -> Any:
        return blocks.block(
            doctor, starts_at=ten, ends_at=ten + timedelta(hours=1), words="", by=doctor, now=NOW
        )

    start = threading.Barrier(5)

    def one(job: Any) -> Any:
        try:
            start.wait(30)
            return type(job())
        except (SlotTaken, blocks.InTheWay) as refusal:
            return type(refusal)
        finally:
            connection.close()

    for _ in range(3):
        jobs = [block, *(lambda form=form: booked(form) for form in people)]
        with ThreadPoolExecutor(5) as pool:
            outcomes = list(pool.map(one, jobs))
        assert sorted(kind.__name__ for kind in outcomes) in (
            ["Appointment", "InTheWay", *["SlotTaken"] * 3],
            [*["SlotTaken"] * 4, "TimeBlock"],
        )
        Appointment.objects.all().delete()
        TimeBlock.objects.all().delete()
