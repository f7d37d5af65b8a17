"""Answering a check-in: what the rules make of it, and who is told, in one transaction."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from consult import audit
from consult.followups import checkin_tasks
from consult.followups.checkins import ask_in_a_year, stop_letters
from consult.followups.reach import zone_of
from consult.models import CheckIn, Intake, Treatment, User
from consult.rules.checkin_form import (
    PAIN,
    PAIN_BEFORE,
    YEARLY,
    as_form,
    known,
    left_open,
)
from consult.rules.checkins import assess_checkin
from consult.rules.conditions import Answer
from consult.rules.followups import at_wall_time
from consult.rules.published import load_checkins

ANSWERED, CANCELLED, AHEAD, OPEN = "answered", "cancelled", "ahead", "open"


class NotOpen(Exception):
    """This check-in takes no answers: it is not due yet, or nothing is asked any more."""


def standing(row: CheckIn, *, now: datetime) -> str:
    """How a check-in stands. It opens with the day it is due, where the person lives."""
    if row.answered_at is not None:
        return ANSWERED
    if row.cancelled_at is not None or row.treatment.intake.state == Intake.State.WITHDRAWN:
        return CANCELLED
    return AHEAD if now < opens_at(row) else OPEN


def opens_at(row: CheckIn) -> datetime:
    """When its day begins, by the earlier of two clocks: the letter follows whoever moves."""
    day = row.due_at.astimezone(ZoneInfo(row.treatment.zone)).date()
    return min(at_wall_time(day, time(), zone) for zone in zones(row.treatment))


def zones(treatment: Treatment) -> tuple[ZoneInfo, ZoneInfo]:
    """Where the person lived when treated, and where they are now."""
    return ZoneInfo(treatment.zone), zone_of(treatment.intake)


@transaction.atomic
def answer(checkin: CheckIn, *, said: Mapping[str, Answer], by: User, now: datetime) -> CheckIn:
    """Keep what somebody said, judge it, and give staff their task with its clock.

    In: valid answers by question id, of this day's questions; what is left open is listed for
    staff. Out: the row as it stands; of two that come at once the first counts, and the second
    changes nothing. Raises NotOpen.
    """
    Intake.objects.select_for_update().get(pk=checkin.treatment.intake_id)
    locked = CheckIn.objects.select_for_update(of=("self",)).select_related("treatment__intake")
    row = locked.get(pk=checkin.pk)
    found = standing(row, now=now)
    if found == ANSWERED:
        return row
    if found != OPEN:
        raise NotOpen
    keep(row, said, now=now)
    intake = row.treatment.intake
    plan = load_checkins(row.plan)
    checkin_tasks.act_on(plan.by_outcome[row.result["outcome"]], intake=intake, now=now)
    for one in CheckIn.objects.unanswered().filter(treatment=row.treatment, day__lt=row.day):
        stop_letters(one, now=now)  # whoever has answered now is not reminded of before
    stop_letters(row, now=now)
    if row.answers and row.answers.get(YEARLY) is True:
        ask_in_a_year(row, now=now)
    audit.record(by=by, did="answered a check-in", to=intake, now=now, day=row.day)
    return row


def keep(row: CheckIn, said: Mapping[str, Answer], *, now: datetime) -> None:
    plan = load_checkins(row.plan)
    asked = as_form(row.day, plan)
    answers = {key: one for key, one in said.items() if key in asked.by_id}
    answers |= context(row.treatment, answers, now=now)
    judged = assess_checkin(answers, plan)
    # Answered late, the day since the treatment is another than the one that it was asked for.
    row.answers, row.answered_at = answers, now
    row.result = replace(judged, unanswered=left_open(asked, answers)).to_dict()
    row.save(update_fields=["answers", "result", "answered_at"])


def context(
    treatment: Treatment, answers: Mapping[str, Answer], *, now: datetime
) -> dict[str, Answer]:
    """What the system knows: whole days by the person's calendar, routes, change of pain.

    Of two calendars it is the later one: an answer on a day is never judged as of the day before.
    """
    today = max(now.astimezone(zone).date() for zone in zones(treatment))
    day = (today - treatment.given_on).days
    return known(day, treatment.given["routes"], answers.get(PAIN), pain_before(treatment))


def pain_before(treatment: Treatment) -> int | None:
    """Pain as last handed in by the end of the treatment's day; None where it was not asked."""
    zone = ZoneInfo(treatment.zone)
    day_after = at_wall_time(treatment.given_on + timedelta(days=1), time(), zone)
    # Of rows that may be at hand: a case shows many treatments.
    by_then = [one for one in treatment.intake.revisions.all() if one.made_at < day_after]
    latest = max(by_then, key=lambda one: one.number, default=None)
    before = latest.answers.get(PAIN_BEFORE) if latest else None
    return before if isinstance(before, int) else None
