"""The summary of a talk: a task, a clinician's words, then a letter. Never a letter without it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from consult.booking import actions
from consult.followups import summaries
from consult.followups.actions import send_due
from consult.followups.appointments import anchor_of
from consult.models import (
    Appointment,
    AuditEvent,
    Intake,
    Message,
    Role,
    StaffTask,
    User,
    VisitSummary,
)
from consult.withdrawing import withdraw
from tests import factories
from tests.factories import NOW, at
from tests.followups.rows import letter, told

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WORDS = "You asked about your knee.\n\nNobody knows yet whether it helps."
LETTER, TASK = "after_consultation", "staff_write_summary"


@pytest.fixture
def doctor(db: None) -> User:
    return factories.clinician(full_name="Dr Luisa Ortega")


@pytest.fixture
def form(doctor: User) -> Intake:
    return factories.ready(by=doctor)


@pytest.fixture
def visit(form: Intake, doctor: User) -> Appointment:
    return talk(form, doctor)


def talk(form: Intake, doctor: User, *, starts_at: datetime = NOW - HOUR) -> Appointment:
    return factories.appointment(form, starts_at=starts_at, clinician=doctor)


def mark(visit: Appointment, status: str = "attended", *, now: datetime = NOW) -> Appointment:
    return actions.mark(visit, status=status, by=visit.clinician, now=now)


def write(visit: Appointment, words: str = WORDS, *, now: datetime = NOW, **more: Any) -> Any:
    more = {"seen": None, "by": visit.clinician} | more
    return summaries.write(visit, words=words, now=now, **more)


def letters() -> list[tuple[str, str]]:
    rows = Message.objects.filter(event=LETTER).order_by("not_before", "pk")
    return [(one.status, f"{(one.not_before - NOW).total_seconds() / 3600:g} h") for one in rows]


def tasks() -> list[tuple[str, str]]:
    rows = StaffTask.objects.filter(event=TASK).order_by("made_at", "pk")
    return [("done" if one.done_at else "open", one.what_was_done) for one in rows]


def browser(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


# ----------------------------------------------------------------------------- the task, the letter
def test_a_talk_that_took_place_gives_staff_a_task_and_writes_no_letter(visit: Any) -> None:
    mark(visit)
    assert (letters(), tasks()) == ([], [("open", "")])
    assert StaffTask.objects.get(event=TASK).due_at == at("2026-11-18T17:00")


def test_the_letter_goes_three_hours_after_the_mark_and_the_task_is_done(visit: Any) -> None:
    mark(visit)
    write(visit, now=NOW + HOUR)
    assert (letters(), tasks()) == (
        [("scheduled", "3 h")],
        [("done", "The summary is written.")],
    )


def test_written_later_the_letter_goes_at_once_but_not_at_night(visit: Any) -> None:
    mark(visit)
    write(visit, now=NOW + 5 * HOUR)
    assert letters() == [("scheduled", "5 h")]
    Message.objects.filter(event=LETTER).delete()
    VisitSummary.objects.all().delete()
    write(visit, now=at("2026-11-17T22:00"))
    assert list(Message.objects.filter(event=LETTER).values_list("not_before", flat=True)) == [
        at("2026-11-18T08:00")
    ]


def test_the_letter_leads_to_the_summary_behind_the_sign_in(visit: Any, mailoutbox: Any) -> None:
    mark(visit)
    write(visit)
    Message.objects.exclude(event=LETTER).delete()
    send_due(now=NOW + 2 * HOUR)
    assert mailoutbox == []
    send_due(now=NOW + 3 * HOUR)
    [mail] = mailoutbox
    path = f"/consult/appointments/{visit.code}/summary/"
    assert (mail.subject, path in mail.body) == ("Your summary is ready", True)
    assert "knee" not in mail.body
    answer = Client().get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/consult/sign-in/?next=")


def test_no_letter_of_before_there_were_summaries_claims_one(visit: Any, mailoutbox: Any) -> None:
    mark(visit)
    key = f"{LETTER}:{visit.intake_id}:{anchor_of(visit)}"
    old = letter(event=LETTER, intake=visit.intake, idem_key=key)
    send_due(now=NOW)
    assert told(old) == ("cancelled", "not_fitting")
    assert "Your summary is ready" not in [one.subject for one in mailoutbox]


@pytest.mark.parametrize("became", ["missed", "booked"])
def test_a_mark_put_right_ends_the_task_and_the_letter(visit: Any, became: str) -> None:
    mark(visit)
    write(visit)
    mark(visit, became, now=NOW + HOUR)
    assert letters() == [("cancelled", "3 h")]
    mark(visit, now=NOW + 2 * HOUR)
    assert (letters()[-1], tasks()) == (
        ("scheduled", "5 h"),
        [("done", "The summary is written.")],
    )


def test_a_mark_taken_back_before_anything_is_written_ends_the_task(visit: Any) -> None:
    mark(visit)
    mark(visit, "booked", now=NOW + HOUR)
    assert tasks() == [("done", "The mark was changed.")]


def test_a_treatment_has_no_summary(form: Any, doctor: Any) -> None:
    kind = factories.VisitTypeFactory(purpose="treatment", mode="person")
    visit = factories.appointment(
        form, starts_at=NOW - HOUR, clinician=doctor, visit_type=kind, status="attended"
    )
    summaries.after_mark(visit, by=doctor, now=NOW)
    assert (letters(), tasks()) == ([], [])
    with pytest.raises(summaries.CannotWrite, match="a talk that is marked"):
        write(visit)


def test_one_task_stands_for_two_talks_until_both_are_written(form: Any, doctor: Any) -> None:
    first, second = (talk(form, doctor, starts_at=NOW - one * HOUR) for one in (5, 2))
    old = talk(form, doctor, starts_at=NOW - 90 * DAY)  # of before there were summaries
    Appointment.objects.filter(pk=old.pk).update(status="attended", changed_at=NOW - 90 * DAY)
    mark(first)
    mark(second, now=NOW + HOUR)
    write(first, now=NOW + HOUR)
    assert tasks() == [("open", "")]
    write(second, now=NOW + HOUR)
    assert tasks() == [("done", "The summary is written.")]
    assert sorted(letters()) == [("scheduled", "3 h"), ("scheduled", "4 h")]


def test_the_task_leads_to_the_talk_that_it_is_about(form: Any, doctor: Any) -> None:
    old, new = (talk(form, doctor, starts_at=NOW - one * DAY) for one in (90, 1))
    Appointment.objects.filter(pk=old.pk).update(status="attended", changed_at=NOW - 90 * DAY)
    path = f"/staff/intakes/{form.code}/summary/"
    assert browser(doctor).get(path)["Location"] == f"/staff/intakes/{form.code}/"
    mark(new)
    there = f"/staff/appointments/{new.code}/summary/"
    assert browser(doctor).get(path)["Location"] == there


# ------------------------------------------------------------------------------------- writing it
def test_only_a_clinician_writes_and_nobody_about_themselves(visit: Any) -> None:
    mark(visit)
    for by in (factories.staff(Role.FRONT_DESK), visit.intake.owner):
        with pytest.raises(summaries.CannotWrite, match="Only a clinician"):
            write(visit, by=by)
    own = factories.clinician()
    Intake.objects.update(owner=own)
    with pytest.raises(summaries.CannotWrite, match="their own"):
        write(visit, by=own)
    assert VisitSummary.objects.count() == 0


def test_nothing_is_written_to_a_form_that_was_taken_back(visit: Any) -> None:
    mark(visit)
    withdraw(visit.intake, by=visit.intake.owner, now=NOW)
    with pytest.raises(summaries.CannotWrite, match="taken this form back"):
        write(visit)


def test_a_change_is_kept_without_a_second_letter_and_is_unread_again(visit: Any) -> None:
    mark(visit)
    row = write(visit)
    summaries.read_by_person(row, by=visit.intake.owner, now=NOW + HOUR)
    write(visit, "Other words.", seen=NOW, now=NOW + 2 * HOUR)
    row = VisitSummary.objects.get()
    assert (row.words, row.written_at, row.changed_at, row.read_at) == (
        "Other words.",
        NOW,
        NOW + 2 * HOUR,
        None,
    )
    assert letters() == [("scheduled", "3 h")]
    did = ["wrote a summary", "read a summary", "changed a summary"]
    events = AuditEvent.objects.filter(did__endswith="a summary").order_by("pk")
    assert [(one.did, one.details) for one in events] == [
        (one, {"visit": visit.code}) for one in did
    ]


def test_the_same_words_again_change_nothing(visit: Any) -> None:
    mark(visit)
    write(visit)
    write(visit, seen=NOW, now=NOW + HOUR)
    assert VisitSummary.objects.get().changed_at == NOW


def test_a_second_click_finds_the_summary_kept(visit: Any) -> None:
    mark(visit)
    client, path = browser(visit.clinician), f"/staff/appointments/{visit.code}/summary/"
    posts = [client.post(path, {"words": WORDS, "seen": ""}) for _ in range(2)]
    assert [one.status_code for one in posts] == [302, 302]
    assert len(letters()) == 1


def test_of_two_who_write_the_second_is_told_and_keeps_the_words(visit: Any) -> None:
    with time_machine.travel(NOW, tick=False):
        mark(visit)
        client, path = browser(visit.clinician), f"/staff/appointments/{visit.code}/summary/"
        assert client.post(path, {"words": WORDS, "seen": ""}).status_code == 302
        page = client.post(path, {"words": "My own words.", "seen": ""})
        assert page.status_code == 409
        for said in (
            "Somebody has written meanwhile",
            "You asked about your knee.",
            "My own words.",
        ):
            assert said in page.text
        again = page.context["form"]["seen"].value()
        assert client.post(path, {"words": "Both.", "seen": again}).status_code == 302
    assert VisitSummary.objects.get().words == "Both."


@pytest.mark.parametrize("words", ["", "  ", "x" * 8001, "a\0b"])
def test_words_that_cannot_be_are_refused_at_the_field(visit: Any, words: str) -> None:
    mark(visit)
    client, path = browser(visit.clinician), f"/staff/appointments/{visit.code}/summary/"
    assert client.post(path, {"words": words}).status_code == 422
    assert VisitSummary.objects.count() == 0


@pytest.mark.parametrize("seen", ["x", "2026-13-45T10:00Z", "2026-11-17T10:00", "\0", "9" * 99])
def test_an_odd_time_on_the_page_is_no_error(visit: Any, seen: str) -> None:
    mark(visit)
    client, path = browser(visit.clinician), f"/staff/appointments/{visit.code}/summary/"
    assert client.post(path, {"words": WORDS, "seen": seen}).status_code in {302, 422}


def test_staff_go_from_the_task_and_from_the_case_to_the_page(visit: Any) -> None:
    with time_machine.travel(NOW, tick=False):
        mark(visit)
        client, code = browser(visit.clinician), visit.intake.code
        of_form, own = (
            f"/staff/intakes/{code}/summary/",
            f"/staff/appointments/{visit.code}/summary/",
        )
        assert f'href="{of_form}"' in client.get("/staff/tasks/").text
        assert client.get(of_form)["Location"] == own
        case = client.get(f"/staff/intakes/{code}/").text
        assert f'href="{own}">Write the summary' in case
        client.post(own, {"words": WORDS})
        assert client.get(of_form)["Location"] == f"/staff/intakes/{code}/"
        case = client.get(f"/staff/intakes/{code}/").text
    assert "not read yet" in case
    assert "Read or change the summary" in case
    assert "knee" not in case.partition('id="visits"')[2].partition("</section>")[0]


def test_the_front_desk_sees_that_there_is_one_and_not_its_words(visit: Any) -> None:
    mark(visit)
    write(visit)
    desk = browser(factories.staff(Role.FRONT_DESK))
    assert desk.get(f"/staff/appointments/{visit.code}/summary/").status_code == 404
    case = desk.get(f"/staff/intakes/{visit.intake.code}/").text
    assert ("Summary not read yet, written" in case, "Nobody knows yet" in case) == (True, False)


# ------------------------------------------------------------------------------------- reading it
def test_the_person_reads_it_with_what_goes_with_it_and_that_is_recorded(visit: Any) -> None:
    mark(visit)
    write(visit, words="One.\n\n<b>Two</b>")
    client, path = browser(visit.intake.owner), f"/consult/appointments/{visit.code}/summary/"
    assert f'href="{path}">Read your summary' in client.get("/consult/status/").text
    client.head(path)
    assert VisitSummary.objects.get().read_at is None
    page = client.get(path)
    assert "no-store" in page["Cache-Control"]
    for said in ("&lt;b&gt;Two&lt;/b&gt;", "/risks/", "/choosing/questions-to-ask/"):
        assert said in page.text
    assert "A second opinion" in page.text
    client.get(path)
    assert VisitSummary.objects.get().read_at is not None
    assert (
        f'href="{path}">Read the summary' in client.get(f"/consult/appointments/{visit.code}/").text
    )
    read = AuditEvent.objects.filter(did="read a summary")
    assert [(one.by, one.to_id) for one in read] == [(visit.intake.owner, str(visit.intake_id))]
    assert f'href="{path}">The summary of our talk' in client.get("/consult/status/").text


def test_nobody_else_finds_it_and_nobody_while_the_visit_is_not_attended(visit: Any) -> None:
    mark(visit)
    path = f"/consult/appointments/{visit.code}/summary/"
    owner = browser(visit.intake.owner)
    assert owner.get(path).status_code == 404
    write(visit)
    others = (factories.UserFactory(), visit.clinician, factories.staff(Role.FRONT_DESK))
    assert [browser(one).get(path).status_code for one in others] == [404] * 3
    assert owner.get(path).status_code == 200
    mark(visit, "missed", now=NOW + HOUR)
    assert owner.get(path).status_code == 404
    assert path not in owner.get("/consult/status/").text
    assert owner.get("/consult/appointments/%00/summary/").status_code == 404


def test_whoever_is_not_signed_in_sees_nothing_of_it_on_the_status_page(visit: Any) -> None:
    mark(visit)
    write(visit)
    client = Client()
    session = client.session
    session.save()
    assert f"{visit.code}/summary/" not in client.get("/consult/status/", follow=True).text
