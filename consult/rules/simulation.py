"""What a person would receive, and when, if a visit were booked or a treatment given. Nothing is
written: a plan, a person's wishes and times in, a list out."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo

from consult.rules import followups as plan
from consult.rules.published import load_checkins
from consult.rules.rulesets import Event

ANSWERS_OWN_ACT = frozenset({"intake_received"})
REMINDED_BEFORE = timedelta(hours=1)  # nobody reads a reminder later than this in time
VIDEO = "video"
NO_ADDRESS = "There is no e-mail address."
NOT_AGREED = "The person has not agreed to such e-mails."
SWITCHED_OFF = "The person has switched these letters off."
PAUSED = "The person has paused such letters."
PAST = "Its time would be over already."
STOPPED = "No such letters go to this address any more."
PHONED = " Staff phone instead."
WHEN_WRITTEN = "3 hours after the visit is marked as attended, once its summary is written"


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a person can be written to. `off` and `pausing` are events; `zone` is where they live."""

    zone: tzinfo
    has_address: bool = True
    agrees: bool = True
    stopped: bool = False  # the address takes no letters
    stopped_care: bool = False  # or none that can be switched off
    off: frozenset[str] = frozenset()
    pausing: frozenset[str] = frozenset()
    paused_until: datetime | None = None
    quiet_hours: bool = True


@dataclass(frozen=True, slots=True)
class Visit:
    starts_at: datetime
    ends_at: datetime
    zone: tzinfo  # whose clock its reminders go by
    mode: str = "person"
    is_treatment: bool = False


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One letter of the plan. `not_sent` says why it would not go; empty if it would."""

    event: str
    at: datetime
    why: str
    not_sent: str = ""
    # When it is no longer worth sending.
    ends: datetime | None = field(default=None, compare=False, repr=False)


def foresee(
    wishes: Wishes, *, now: datetime, talk: Visit | None = None, treatment: Visit | None = None
) -> list[Foreseen]:
    """Every letter that would follow, in order of time, those that would not go among them."""
    found = [one for visit in (talk, treatment) if visit for one in about_visit(visit, now)]
    if talk:
        found += after_talk(talk, wishes, treated=treatment is not None)
    if treatment:
        found += after_treatment(treatment, wishes)
    settled = (settle(one, wishes, now) for one in found)
    return sorted(settled, key=lambda one: (one.at, one.event))


# ------------------------------------------------------------------------- what the plan asks for
def about_visit(visit: Visit, now: datetime) -> Iterator[Foreseen]:
    ends = visit.starts_at - REMINDED_BEFORE
    yield Foreseen("booking_confirmed", now, "at once, when it is booked")
    for event in ("reminder_72h", "reminder_24h", "reminder_2h"):
        if event != "reminder_2h" or visit.mode == VIDEO:
            at = before_the_night(event, visit.starts_at, visit.zone)
            yield Foreseen(event, at, f"{offset_of(event)} the visit", ends=ends)
    if visit.is_treatment:
        for event in ("recheck_72h", "recheck_24h"):
            at = before_the_night(event, visit.starts_at, visit.zone)
            yield Foreseen(event, at, f"{offset_of(event)} the treatment", ends=ends)


def after_talk(talk: Visit, wishes: Wishes, *, treated: bool) -> Iterator[Foreseen]:
    at = plan.due_at(plan.event("after_consultation"), talk.ends_at, wishes.zone)
    yield Foreseen("after_consultation", at, WHEN_WRITTEN)
    if not treated:
        at = plan.due_at(plan.event("time_to_decide"), talk.ends_at, wishes.zone)
        yield Foreseen("time_to_decide", at, "7 days after the talk, if nothing is decided")


def after_treatment(visit: Visit, wishes: Wishes) -> Iterator[Foreseen]:
    given_on = visit.starts_at.astimezone(wishes.zone).date()
    for day in load_checkins().days:
        due = plan.days_later(given_on, day, wishes.zone)
        yield Foreseen(
            f"checkin_day_{day}", due, f"day {day} after the treatment, 9 in the morning"
        )
        again = due + plan.delay(plan.event("checkin_reminder"), day)
        why = f"only if the questions of day {day} are not answered"
        yield Foreseen("checkin_reminder", again, why)


def before_the_night(event: str, starts_at: datetime, zone: tzinfo) -> datetime:
    """So long before the visit; in the evening before rather than in the night after it, since
    the letter names the day."""
    at = plan.due_at(plan.event(event), starts_at, zone)
    local = at.astimezone(zone)
    if local.time() < plan.QUIET_FROM:
        return at
    return local.replace(hour=plan.QUIET_FROM.hour - 1, minute=0)


def offset_of(event: str) -> str:
    return {"72h": "3 days before", "24h": "1 day before", "2h": "2 hours before"}[
        event.rpartition("_")[2]
    ]


# ---------------------------------------------------------------------- what then becomes of it
def settle(one: Foreseen, wishes: Wishes, now: datetime) -> Foreseen:
    """At the time at which it may arrive, or with the reason why it would not go."""
    event = plan.event(one.event)
    if one.at < now:
        return replace(one, not_sent=PAST)
    waits = wishes.quiet_hours and one.event not in ANSWERS_OWN_ACT
    at = plan.out_of_quiet_hours(one.at, wishes.zone, event) if waits else one.at
    why = f"{one.why}; it waits until the morning" if at > one.at else one.why
    said = replace(one, at=at, why=why)
    if one.ends and at >= one.ends:
        return replace(said, not_sent=PAST)
    refusal = refused(event, wishes, at)
    return replace(said, not_sent=refusal + PHONED * bool(refusal and event.staff_if_no_email))


def refused(event: Event, wishes: Wishes, at: datetime) -> str:
    if not wishes.has_address:
        return NO_ADDRESS
    if wishes.stopped:
        return STOPPED
    if event.needs != "email_consent":
        return ""
    if not wishes.agrees:
        return NOT_AGREED
    if wishes.stopped_care:
        return STOPPED
    if event.id in wishes.off:
        return SWITCHED_OFF
    paused = wishes.paused_until is not None and at < wishes.paused_until
    return PAUSED if paused and event.id in wishes.pausing else ""
