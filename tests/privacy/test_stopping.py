"""Whichever way somebody stops the letters that can be switched off: none of them leaves after it,
and what the service needs still does."""

import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from consult.followups import actions as followups
from consult.followups import wanted
from consult.followups.appointments import anchor_of
from consult.followups.choices import GROUPS
from consult.followups.stop_links import token_of
from consult.models import CheckIn, Intake, Message, Suppression
from tests.factories import NOW, appointment, ready, treated
from tests.followups.rows import HOUR, letter, now_standing
from tests.privacy.conftest import AT, signed_in

pytestmark = pytest.mark.django_db
OPTIONAL = sorted(event for one in GROUPS for event in one.events)
LEAVES = AT + timedelta(seconds=50)  # a letter that waits, within the minute of the stop


def optional(form: Intake, event: str, **more: Any) -> Message:
    """About the visit, or about the questions after the treatment."""
    visit, asked = form.appointments.first(), CheckIn.objects.filter(treatment__intake=form).first()
    about = asked.pk.hex if asked and event.startswith("checkin") else visit and anchor_of(visit)
    key = f"{uuid.uuid4()}:{form.pk}:{about}"
    to = {"intake": form, "recipient": form.contact_email}
    return letter(event=event, category="care", idem_key=key, **(to | more))


def with_everything(form: Intake) -> Intake:
    treated(form)
    appointment(form)
    Message.objects.filter(intake=form, category="care").delete()
    return form


def take_back_the_agreement(form: Intake) -> None:
    signed_in(form.owner).post(f"/consult/my-data/forms/{form.code}/reminders/")


def switch_all_off(form: Intake) -> None:
    signed_in(form.owner).post(f"/consult/my-data/forms/{form.code}/letters/", {"wanted": []})


def click_once(form: Intake) -> None:
    """As a mail program does: without a cookie, without a token."""
    any_letter = Message.objects.filter(intake=form, category="care").first()
    program = Client(enforce_csrf_checks=True)
    body = {"List-Unsubscribe": "One-Click"}
    answer = program.post(f"/letters/stop/{token_of(any_letter)}/", body)
    assert (answer.status_code, answer.cookies) == (200, {})


STOPS: dict[str, Callable[[Intake], None]] = {
    one.__name__: one for one in (take_back_the_agreement, switch_all_off, click_once)
}


def test_every_letter_that_can_be_switched_off_is_in_a_group():
    assert set(OPTIONAL) == set(followups.care_events())


@pytest.mark.parametrize("stop", STOPS.values(), ids=STOPS)
def test_nothing_optional_leaves_after_a_stop(stop, mailoutbox):
    form = with_everything(ready(now=NOW))
    waiting = [optional(form, one, not_before=LEAVES, wall_time=LEAVES) for one in OPTIONAL]
    needed = letter(intake=form, recipient=form.contact_email, not_before=LEAVES)
    with time_machine.travel(AT, tick=False):
        stop(form)
    assert set(now_standing(*waiting)) == {"cancelled"}
    slipped = [optional(form, one, not_before=LEAVES) for one in OPTIONAL]  # behind the stop's back
    followups.send_due(now=LEAVES)
    assert set(now_standing(*slipped)) == {"cancelled"}
    assert now_standing(needed) == ["sent"]
    again = [
        followups.schedule(one, intake=fresh(form), anchor="x", now=LEAVES) for one in OPTIONAL
    ]
    assert again == [None] * len(OPTIONAL)
    followups.send_due(now=LEAVES + 8 * timedelta(days=1))
    subjects = {mail.subject for mail in mailoutbox}
    assert subjects == {"You have a message in your portal", *SERVICE}


SERVICE = {"We have received your form", "You can choose a time"}


def fresh(form: Intake) -> Intake:
    return Intake.objects.get(pk=form.pk)


def test_a_pause_stops_what_falls_into_it_but_no_reminder_of_what_the_person_booked():
    form = with_everything(ready(now=NOW))
    letters = {one: optional(form, one, not_before=LEAVES, wall_time=LEAVES) for one in OPTIONAL}
    pause = {"paused_until.day": "1", "paused_until.month": "12", "paused_until.year": "2026"}
    with time_machine.travel(AT, tick=False):
        everything = {"wanted": [one.key for one in GROUPS], **pause}
        signed_in(form.owner).post(f"/consult/my-data/forms/{form.code}/letters/", everything)
    stands = dict(zip(OPTIONAL, now_standing(*letters.values()), strict=True))
    goes_on = {one for group in GROUPS if not group.is_paused for one in group.events}
    assert {one for one, state in stands.items() if state == "scheduled"} == goes_on
    behind = optional(form, "time_to_decide", not_before=LEAVES)
    followups.send_due(now=LEAVES)
    assert now_standing(behind) == ["cancelled"]
    assert wanted.unwanted(fresh(form), "time_to_decide", at=NOW + timedelta(days=15)) == ""


def test_one_click_stops_what_is_optional_and_nothing_that_the_service_needs():
    form = ready(now=NOW)
    optional(form, "time_to_decide", not_before=LEAVES)
    click_once(form)
    assert [(one.scope, one.reason) for one in Suppression.objects.all()] == [
        ("care", "unsubscribed")
    ]
    booked = followups.schedule("message_waiting", intake=form, anchor="x", now=LEAVES)
    code = followups.send_account_letter(
        "sign_in_code", to=form.contact_email, values={"code": "X"}, now=LEAVES
    )
    assert (booked.status, code.status) == ("scheduled", "scheduled")


def test_the_stop_page_of_one_letter_says_nothing_of_the_person():
    form = ready(now=NOW)
    row = optional(form, "time_to_decide", not_before=NOW + HOUR)
    text = Client().get(f"/letters/stop/{token_of(row)}/").text
    assert not re.search(rf"Ana|{form.code}|{re.escape(form.contact_email)}", text)
