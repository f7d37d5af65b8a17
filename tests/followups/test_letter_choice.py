"""What a person says of the letters that can be switched off."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from consult.followups import actions as followups
from consult.followups import choices, silence
from consult.followups.moving import after_contact_changed
from consult.followups.preferences import Changed, choose
from consult.models import AuditEvent, CheckIn, Intake, LetterChoice, Message
from consult.privacy.actions import stop_email
from consult.rules.published import load_followups
from consult.withdrawing import withdraw
from tests.factories import NOW, asked_on, at, ready
from tests.followups.rows import HOUR, in_state, now_standing

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
NUDGE, WEEK, OFFER = "intake_nudge_2", "time_to_decide", "waitlist_offer"


@pytest.fixture
def form() -> Intake:
    return ready()


def plan(form: Intake, event: str, *, after: timedelta = 3 * DAY, **more: Any) -> Message | None:
    return followups.schedule(event, intake=form, anchor="x", at=NOW + after, now=NOW, **more)


def choice(form: Intake, *off: str, until: datetime | None = None, now: datetime = NOW) -> Changed:
    return choose(form, off=off, paused_until=until, by=form.owner, now=now)


def standing(form: Intake) -> list[tuple[str, str, str]]:
    rows = Message.objects.filter(intake=form, category="care").order_by("created_at", "idem_key")
    return sorted((one.event, one.status, one.last_error) for one in rows)


def test_every_letter_that_can_be_switched_off_is_in_one_group_and_no_other_is():
    optional = {
        one.id
        for one in load_followups().events
        if one.needs == "email_consent" and one.channel == "email"
    }
    grouped = [event for one in choices.GROUPS for event in one.events]
    assert (set(grouped), len(grouped)) == (optional, len(optional))


def test_a_group_switched_off_stops_what_waits_and_what_comes_later(form):
    first = plan(form, OFFER)
    assert choice(form, "appointments") == Changed(stopped=1, planned=0, too_late=0)
    assert now_standing(first) == ["cancelled"]
    later = followups.schedule("reminder_24h", intake=form, anchor="y", at=NOW + DAY, now=NOW)
    assert later is None
    assert standing(form) == [
        ("reminder_24h", "cancelled", "not_wanted"),
        (OFFER, "cancelled", "not_wanted"),
    ]


def test_letters_that_are_needed_and_other_groups_go_on(form):
    invite = Message.objects.get(intake=form, event="booking_invite")
    offer = plan(form, OFFER)
    choice(form, "afterwards", "form")
    assert now_standing(invite, offer) == ["scheduled", "scheduled"]


def test_switched_on_again_what_is_ahead_comes_back_once(form, mailoutbox):
    plan(form, OFFER)
    plan(form, OFFER, after=HOUR)
    choice(form, "appointments")
    for hour in (1, 2):
        choice(form, now=NOW + hour * HOUR)
    assert [one[:2] for one in standing(form)] == [(OFFER, "cancelled"), (OFFER, "scheduled")]
    choice(form, "appointments", now=NOW + 3 * HOUR)
    choice(form, now=NOW + 4 * HOUR)
    assert [one[1] for one in standing(form)] == ["cancelled", "cancelled", "scheduled"]


def test_what_would_be_late_does_not_come_back(form):
    plan(form, OFFER, after=HOUR)
    choice(form, "appointments")
    assert choice(form, now=NOW + 2 * HOUR).planned == 0


def test_a_pause_stops_what_falls_into_it_but_no_reminder_of_an_appointment():
    checkin = asked_on(30)
    form = checkin.treatment.intake
    plan(form, OFFER)
    choice(form, until=NOW + 60 * DAY)
    states = {one.event: one.status for one in Message.objects.filter(intake=form)}
    kept = {event: states[event] for event in (OFFER, "checkin_day_30", "checkin_day_90")}
    assert kept == {
        OFFER: "scheduled",
        "checkin_day_30": "cancelled",
        "checkin_day_90": "scheduled",
    }
    choice(form, now=NOW + DAY)
    again = Message.objects.get(intake=form, event="checkin_day_30", status="scheduled")
    assert again.not_before == checkin.due_at


def letters_of_day_30(form: Intake) -> list[tuple[str, str]]:
    about = CheckIn.objects.get(day=30, treatment__intake=form).pk.hex
    rows = Message.objects.filter(idem_key__contains=about)
    return sorted(rows.values_list("event", "status"))


def test_a_treatment_within_a_pause_has_its_reminders_back_with_its_letters(form):
    choice(form, until=NOW + 60 * DAY)
    asked_on(30, intake=form)
    stopped = [("checkin_day_30", "cancelled"), ("checkin_reminder", "cancelled")]
    assert letters_of_day_30(form) == stopped
    choice(form, now=NOW + DAY)
    waiting = [("checkin_day_30", "scheduled"), ("checkin_reminder", "scheduled")]
    assert letters_of_day_30(form) == sorted(stopped + waiting)


def test_no_reminder_comes_of_a_letter_that_a_pause_has_stopped(form):
    choice(form, until=NOW + 31 * DAY)  # the day after the letter, before the reminder
    due = asked_on(30, intake=form).due_at
    silence.look(now=due)
    stopped = [("checkin_day_30", "cancelled"), ("checkin_reminder", "cancelled")]
    assert letters_of_day_30(form) == stopped


def test_one_that_slips_through_does_not_leave(form, mailoutbox):
    row = in_state("scheduled", intake=form, event=WEEK, category="care")
    LetterChoice.objects.create(intake=form, choice={"off": ["afterwards"]}, changed_at=NOW)
    Message.objects.exclude(pk=row.pk).delete()
    followups.send_due(now=NOW)
    assert (now_standing(row), mailoutbox) == (["cancelled"], [])


def test_a_letter_on_its_way_is_told_of(form):
    in_state("sending", intake=form, event=OFFER, category="care")
    assert choice(form, "appointments").too_late == 1


def test_the_choice_is_recorded_without_saying_what_it_is(form):
    choice(form, "afterwards", until=datetime(2027, 1, 1, tzinfo=UTC))
    event = AuditEvent.objects.get(did="chose which letters come")
    assert (event.by, event.details) == (form.owner, {"letters": 0, "planned": 0})
    stored = LetterChoice.objects.filter(pk=form.pk).values_list("choice", flat=True).get()
    assert b"afterwards" not in bytes(stored)


@pytest.mark.parametrize("how", ["agreement taken back", "form taken back"])
def test_taking_back_stops_mail_within_the_next_look(form, mailoutbox, how):
    plan(form, OFFER, after=HOUR)
    if how == "form taken back":
        withdraw(form, by=form.owner, now=NOW)
    else:
        stop_email(form, by=form.owner, now=NOW)
    followups.send_due(now=NOW + 2 * HOUR)
    sent = {mail.subject for mail in mailoutbox}
    assert "An earlier time is free" not in sent
    if how == "form taken back":
        assert sent == set()


def test_when_the_person_moves_a_check_in_comes_at_nine_where_they_are_now():
    checkin = asked_on(30)
    form = checkin.treatment.intake
    from_contact = dict(form.contact)
    form.contact = {**form.contact, "time_zone": "Europe/Berlin"}
    form.save()
    after_contact_changed(form, before=from_contact, now=NOW)
    row = Message.objects.get(intake=form, event="checkin_day_30")
    assert (row.zone, row.not_before) == ("Europe/Berlin", at("2026-12-17T09:00", "Europe/Berlin"))


def test_moving_keeps_the_instant_of_what_is_so_many_hours_before(form):
    offer = plan(form, OFFER)
    before = dict(form.contact)
    form.contact = {**before, "time_zone": "America/New_York"}
    form.save()
    after_contact_changed(form, before=before, now=NOW)
    row = Message.objects.get(pk=offer.pk)
    assert (row.zone, row.not_before) == ("America/New_York", offer.not_before)
