"""A calendar file (RFC 5545) of one appointment: when, and a way back to its page. Nothing else."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vCalAddress, vText

TITLE = "Appointment"
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
    found.add("dtstart", entry.starts_at.astimezone(zone))
    found.add("dtend", entry.ends_at.astimezone(zone))
    found.add("summary", TITLE)
    found.add("description", f"To see, move or cancel it: {entry.link}")
    found.add("url", entry.link)
    found.add("status", "CANCELLED" if entry.is_cancelled else "CONFIRMED")
    found.add("class", "PRIVATE")
    found.add("organizer", vCalAddress(f"mailto:{entry.organizer}"))
    found.add("attendee", attendee(entry))
    return found


def attendee(entry: Entry) -> vCalAddress:
    address = vCalAddress(f"mailto:{entry.attendee}")
    address.params["partstat"] = vText("ACCEPTED")
    address.params["rsvp"] = vText("FALSE")
    return address
