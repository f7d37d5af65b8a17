"""Times in words, the same on every page, in every letter and in every calendar file."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
PARTS = (("Morning", time(12)), ("Afternoon", time(17)), ("Evening", time.max))


def zone_or(name: str, otherwise: str) -> ZoneInfo:
    """The zone of that name, or the other where there is no such zone."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo(otherwise)


def knows_present_rules() -> bool:
    """Whether the zone database is 2022f or newer: since then Mexico has no summer time."""
    summer = datetime(2023, 7, 1, 12, tzinfo=zone_or("America/Mexico_City", "Etc/UTC"))
    return summer.utcoffset() == timedelta(hours=-6)


def date_in_words(instant: datetime, zone: ZoneInfo) -> str:
    """Tuesday 24 November"""
    local = instant.astimezone(zone)
    return f"{DAYS[local.weekday()]} {local.day} {MONTHS[local.month - 1]}"


def day_in_words(instant: datetime, zone: ZoneInfo) -> str:
    """Tuesday 24 November 2026"""
    return f"{date_in_words(instant, zone)} {instant.astimezone(zone).year}"


def time_in_words(instant: datetime, zone: ZoneInfo) -> str:
    """10:30; in an hour that comes twice also which of the two: 01:30 (UTC-7)"""
    local = instant.astimezone(zone)
    return f"{local:%H:%M} ({offset_in_words(local)})" if comes_twice(local) else f"{local:%H:%M}"


def in_words(instant: datetime, zone: ZoneInfo) -> str:
    """Tuesday 24 November 2026, 10:30, Tijuana time"""
    day, clock = day_in_words(instant, zone), time_in_words(instant, zone)
    return f"{day}, {clock}, {place_of(zone)} time"


def place_of(zone: ZoneInfo) -> str:
    """Buenos Aires, of America/Argentina/Buenos_Aires"""
    return zone.key.rpartition("/")[2].replace("_", " ")


def part_of_day(instant: datetime, zone: ZoneInfo) -> str:
    clock = instant.astimezone(zone).time()
    return next(name for name, until in PARTS if clock < until)


def comes_twice(local: datetime) -> bool:
    first, second = local.replace(fold=0), local.replace(fold=1)
    return (first.utcoffset() or timedelta()) > (second.utcoffset() or timedelta())


def offset_in_words(local: datetime) -> str:
    minutes = int((local.utcoffset() or timedelta()).total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    return f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")


def same_clock(instant: datetime, one: ZoneInfo, other: ZoneInfo) -> bool:
    """Do two zones show the same time at this instant?"""
    return instant.astimezone(one).replace(tzinfo=None) == instant.astimezone(other).replace(
        tzinfo=None
    )


def lasting(span: timedelta) -> str:
    """How long something has lasted or will, in its two largest units: “3 days, 2 hours”."""
    minutes = max(0, int(span.total_seconds() // 60))
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    counted = [(days, "day"), (hours, "hour"), (minutes, "minute")]
    first = next((place for place, (number, _) in enumerate(counted) if number), 2)
    shown = [one for one in counted[first : first + 2] if one[0]] or [counted[-1]]
    return ", ".join(f"{number}\xa0{unit}{'' if number == 1 else 's'}" for number, unit in shown)
