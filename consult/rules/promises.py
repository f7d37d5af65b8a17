"""By when a form is read: the level's promise turned into an instant by the clinic's clock.

Working time is Monday to Friday, 09:00 to 17:00 in the clinic's zone (JUDGEMENT: each clinic
confirms its own hours; holidays are not known here).
"""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from consult.rules.published import load_ruleset
from consult.rules.rulesets import ReviewWithin

OPENS, CLOSES = time(9), time(17)
SATURDAY = 5
DRAFTS_LIVE = timedelta(days=30)  # a form that nobody goes on with; the start page promises it


def review_due(
    level: str, *, submitted_at: datetime, zone: ZoneInfo, ruleset: str | None = None
) -> datetime | None:
    """The instant by which a form of this level is to be read; None where no time is promised.

    `submitted_at` is an aware instant, `zone` the clinic's. A promise in hours runs during working
    hours only; a promise in days ends at closing time of the last one. The answer is in `zone`.
    Raises KeyError for an unknown level.
    """
    rules = load_ruleset(ruleset) if ruleset else load_ruleset()
    promise = {one.code: one for one in rules.levels}[level].review_within
    return due_after(promise, start=submitted_at.astimezone(zone)) if promise else None


def due_after(promise: ReviewWithin, *, start: datetime) -> datetime:
    if promise.unit == "working_days":
        return closing(add_working_days(start, promise.amount))
    opens = into_working_time(start)
    left = closing(opens) - opens
    asked = timedelta(hours=promise.amount)
    while asked > left:
        asked -= left
        opens = into_working_time(opens + timedelta(days=1), from_opening=True)
        left = closing(opens) - opens
    return opens + asked


def is_working_day(day: datetime) -> bool:
    return day.weekday() < SATURDAY


def closing(day: datetime) -> datetime:
    return datetime.combine(day.date(), CLOSES, tzinfo=day.tzinfo)


def add_working_days(start: datetime, count: int) -> datetime:
    day = start
    while count:
        day += timedelta(days=1)
        count -= is_working_day(day)
    return day


def into_working_time(instant: datetime, *, from_opening: bool = False) -> datetime:
    """The instant itself during working hours, else the next opening."""
    opening = datetime.combine(instant.date(), OPENS, tzinfo=instant.tzinfo)
    if is_working_day(instant):
        if from_opening or instant < opening:
            return opening
        if instant < closing(instant):
            return instant
    day = add_working_days(instant, 1)
    return datetime.combine(day.date(), OPENS, tzinfo=instant.tzinfo)
