"""Calendar files (RFC 5545): one appointment for its person, busy times for staff. Nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vCalAddress, vText

from consult.rules.clock import MONTHS

TITLE = "Appointment"
BUSY = "Busy"
YEAR = timedelta(days=366)


@dataclass(frozen=True)
class Entry:
    """`uid` stays for life, `sequence` rises with every change; a cancelled entry goes away."""

    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    zone: str
    changed_at: datetime
    link: str
    organizer: str
    attendee: str
    is_cancelled: bool = False


def calendar_file(entry: Entry) -> bytes:
    """One entry, in the zone that was meant, with that zone's rules beside it."""
    calendar = Calendar()
    calendar.add("prodid", "-//Patient portal//Appointments//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if entry.is_cancelled else "REQUEST")
    calendar.add_component(event(entry))
    calendar.add_missing_timezones(
        first_date=entry.starts_at.date() - YEAR, last_date=entry.ends_at.date() + YEAR
    )
    return bytes(calendar.to_ical())


def event(entry: Entry) -> Event:
    zone = ZoneInfo(entry.zone)
    found = Event()
    found.add("uid", entry.uid)
    found.add("sequence", entry.sequence)
    found.add("dtstamp", entry.changed_at)
    found.add("dtstart", on_clock(entry.starts_at, zone))
    found.add("dtend", on_clock(entry.ends_at, zone))
    found.add("summary", TITLE)
    found.add("description", f"To see, move or cancel it: {entry.link}")
    found.add("url", entry.link)
    found.add("status", "CANCELLED" if entry.is_cancelled else "CONFIRMED")
    found.add("class", "PRIVATE")
    found.add("organizer", vCalAddress(f"mailto:{entry.organizer}"))
    found.add("attendee", attendee(entry))
    return found


def on_clock(instant: datetime, zone: ZoneInfo) -> datetime:
    """The wall time in a zone. Of a wall time that comes twice, a file can only mean the first; the
    second is written as an instant."""
    local = instant.astimezone(zone)
    return instant.astimezone(UTC) if local.fold else local


def attendee(entry: Entry) -> vCalAddress:
    address = vCalAddress(f"mailto:{entry.attendee}")
    address.params["partstat"] = vText("ACCEPTED")
    address.params["rsvp"] = vText("FALSE")
    return address


def facts_of(file: bytes | str) -> str:
    """When its first entry is, in words: 24 November 2026, 10:00 to 10:45, America/Tijuana.

    A cancelled entry says so. Empty for a file without an entry. Raises ValueError for what is no
    calendar file.
    """
    calendar = Calendar.from_ical(file)
    found = next(iter(calendar.walk("VEVENT")), None)
    if found is None:
        return ""
    starts, ends = found.decoded("dtstart"), found.decoded("dtend")
    day = f"{starts.day} {MONTHS[starts.month - 1]} {starts.year}"
    when = f"{day}, {starts:%H:%M} to {ends:%H:%M}, {starts.tzinfo}"
    return f"{when}, cancelled" if found.get("status") == "CANCELLED" else when


@dataclass(frozen=True)
class Busy:
    """A stretch of time in which somebody cannot be had."""

    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    changed_at: datetime


def busy_calendar(entries: Iterable[Busy]) -> bytes:
    """Entries that say “Busy” and when, as instants. The same entries make the same bytes."""
    calendar = Calendar()
    calendar.add("prodid", "-//Patient portal//Busy times//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", "Busy times")
    for entry in entries:
        calendar.add_component(busy_event(entry))
    return bytes(calendar.to_ical())


def busy_event(entry: Busy) -> Event:
    found = Event()
    found.add("uid", entry.uid)
    found.add("sequence", entry.sequence)
    found.add("dtstamp", entry.changed_at.astimezone(UTC))
    found.add("dtstart", entry.starts_at.astimezone(UTC))
    found.add("dtend", entry.ends_at.astimezone(UTC))
    found.add("summary", BUSY)
    found.add("class", "PRIVATE")
    found.add("transp", "OPAQUE")
    return found
