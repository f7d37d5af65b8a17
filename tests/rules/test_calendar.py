from dataclasses import replace
from datetime import UTC, datetime, timedelta

from consult.rules.calendar import Entry, calendar_file, facts_of

START = datetime(2026, 11, 24, 18, tzinfo=UTC)
ENTRY = Entry(
    uid="u",
    sequence=0,
    starts_at=START,
    ends_at=START + timedelta(minutes=45),
    zone="America/Tijuana",
    changed_at=START,
    link="https://portal.example/",
    organizer="portal@example.org",
    attendee="ana@example.org",
)
WHEN = "24 November 2026, 10:00 to 10:45, America/Tijuana"


def test_the_facts_of_a_file_are_those_of_its_entry() -> None:
    assert facts_of(calendar_file(ENTRY)) == WHEN


def test_the_facts_of_a_cancelled_entry_say_so() -> None:
    assert facts_of(calendar_file(replace(ENTRY, is_cancelled=True))) == f"{WHEN}, cancelled"


def test_a_file_without_an_entry_has_no_facts() -> None:
    assert facts_of(b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n") == ""
