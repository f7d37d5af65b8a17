"""Read one published version of the follow-up events."""

import re
from pathlib import Path

from consult.rules.reading.strict import Entry, read_file, read_version
from consult.rules.rulesets import Delay, Event, FollowupPlan

CHANNELS = ("email", "portal", "staff_task")
NEEDS = ("email_consent", "service", "none")
KEYS = (
    *(
        "id",
        "channel",
        "trigger",
        "offset",
        "needs",
        "subject",
        "purpose",
        "stop_if",
        "staff_if_no_email",
    ),
)
DAY_OF_TREATMENT = re.compile(r"day_(\d+)")
# "+24h", "0h (at most 1 per 24h)", and by check-in: "+24h (day 1, 3); +48h (day 7); +7d (later)"
DELAY = re.compile(r"([+-]?\d+)([hd])(?: \((?:day ([\d, ]+)|later|at most .+)\))?")
UNITS = {"h": "hours", "d": "days"}


def read_followups(path: Path) -> FollowupPlan:
    """Read `<version>.yaml` and check it.

    Raises DataError naming the file, the entry and the reason.
    """
    top = read_file(path)
    top.only("version", "notes", "time_rules", "consent_rules", "events")
    return FollowupPlan(
        version=read_version(top, path),
        time_rules=top.texts("time_rules"),
        consent_rules=top.texts("consent_rules"),
        events=tuple(_event(entry) for entry in top.parts("events")),
        notes=top.texts("notes") if "notes" in top.data else (),
    )


def _event(entry: Entry) -> Event:
    entry.only(*KEYS)
    return Event(
        id=entry.item,
        channel=entry.one_of("channel", CHANNELS),
        trigger=entry.text("trigger"),
        offset=entry.text("offset"),
        delays=_delays(entry, entry.text("offset")),
        needs=entry.one_of("needs", NEEDS),
        subject=entry.text("subject"),
        purpose=entry.text("purpose"),
        stop_if=entry.words("stop_if"),
        staff_if_no_email=entry.flag("staff_if_no_email"),
    )


def _delays(entry: Entry, offset: str) -> tuple[Delay, ...]:
    if day := DAY_OF_TREATMENT.fullmatch(offset):
        return (Delay(int(day[1]), "day_of_treatment"),)
    return tuple(_delay(entry, part) for part in offset.split("; "))


def _delay(entry: Entry, part: str) -> Delay:
    found = DELAY.fullmatch(part)
    if not found:
        raise entry.refuse(f"has the offset {part}, which is none of +24h, +7d, day_30")
    days = tuple(int(day) for day in (found[3] or "").split(",") if day.strip())
    return Delay(int(found[1]), UNITS[found[2]], days)
