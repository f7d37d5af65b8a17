"""Messages: which there are, when they may go out, when it is too late to send one."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from consult.rules.published import load_followups
from consult.rules.rulesets import Event, FollowupPlan

QUIET_FROM, QUIET_UNTIL = time(21), time(8)  # on the recipient's wall clock
SENT_AT = time(9)  # messages named after a day
# Someone is waiting for these.
AT_ONCE = frozenset({"booking_requested", "booking_confirmed", "booking_changed"})
TOO_LATE = timedelta(hours=12)


def event(id: str, plan: FollowupPlan | None = None) -> Event:
    """One event: channel, subject, offset, needs, staff_if_no_email.

    Raises KeyError for an unknown id.
    """
    return (plan or load_followups()).by_id[id]


def at_wall_time(day: date, clock: time, zone: tzinfo) -> datetime:
    """The instant (UTC) at which the clocks of a zone show this time on this day.

    A time that does not exist moves forward by the gap; of a time that comes twice it is the first.
    """
    return datetime.combine(day, clock.replace(fold=0), zone).astimezone(UTC)


def on_the_wall(instant: datetime, zone: tzinfo) -> str:
    """What the clocks of a zone show at an instant: 2027-03-09T09:00:00."""
    _refuse_naive(instant)
    return instant.astimezone(zone).replace(tzinfo=None).isoformat(timespec="seconds")


def from_the_wall(shown: str, zone: tzinfo) -> datetime:
    """The instant (UTC) at which the clocks of a zone show this; see `at_wall_time`.

    Raises ValueError for what is no date and time.
    """
    meant = datetime.fromisoformat(shown)
    return at_wall_time(meant.date(), meant.time(), zone)


def days_later(anchor: date, days: int, zone: tzinfo) -> datetime:
    """The instant (UTC) of 09:00 local time so many calendar days after (or before) a day."""
    return at_wall_time(anchor + timedelta(days=days), SENT_AT, zone)


def due_at(event: Event, anchor: datetime, zone: tzinfo) -> datetime:
    """The instant (UTC) of an event after (or before) its anchor: hours are exact, days are the
    same time of day so many days on by the person's calendar. Raises ValueError if naive."""
    _refuse_naive(anchor)
    (chosen,) = (one for one in event.delays if not one.on_days)
    if chosen.unit == "hours":
        return anchor.astimezone(UTC) + timedelta(hours=chosen.amount)
    local = anchor.astimezone(zone)
    return at_wall_time(local.date() + timedelta(days=chosen.amount), local.time(), zone)


def by_the_wall(event: Event) -> bool:
    """Whether it is meant for a time of day so many days on, and not for an exact instant."""
    return event.is_checkin or any(one.unit == "days" for one in event.delays)


def out_of_quiet_hours(instant: datetime, zone: tzinfo, event: Event) -> datetime:
    """The first instant (UTC), not before this one, at which this message may be sent.

    In: an aware datetime, the recipient's zone, the event. E-mails wait from 21:00 until 08:00
    local time, except a booking made or changed; staff tasks and portal notices disturb nobody and
    never wait. Raises ValueError if naive.
    """
    _refuse_naive(instant)
    local = instant.astimezone(zone)
    if event.channel != "email" or event.id in AT_ONCE or QUIET_UNTIL <= local.time() < QUIET_FROM:
        return instant.astimezone(UTC)
    next_day = local.time() >= QUIET_FROM
    return at_wall_time(local.date() + timedelta(days=next_day), QUIET_UNTIL, zone)


def late_after(event: Event, due_at: datetime) -> datetime | None:
    """When (UTC) a message that is still not sent is dropped for a staff task: 12 hours late.

    None for what is never dropped: a check-in is still sent, with the right day in the form, and a
    staff task stays. Raises ValueError if naive.
    """
    _refuse_naive(due_at)
    never = event.channel == "staff_task" or event.is_checkin
    return None if never else due_at.astimezone(UTC) + TOO_LATE


def delay(event: Event, day: int | None = None) -> timedelta:
    """How long after (negative: before) its anchor an event is due.

    In: the event and, where the offset depends on it, the day of the check-in. For day_N it is N
    whole days: use `days_later`, since a calendar day is not always 24 hours.
    """
    named = [one for one in event.delays if day in one.on_days]
    chosen = (named or [one for one in event.delays if not one.on_days])[0]
    return (
        timedelta(hours=chosen.amount) if chosen.unit == "hours" else timedelta(days=chosen.amount)
    )


def _refuse_naive(*instants: datetime) -> None:
    if any(instant.utcoffset() is None for instant in instants):
        raise ValueError("A time without a zone is not an instant.")
