"""The drill's hand in the portal: writes letters to made-up people, and cancels some as they leave.

python .ci/drill_rows.py write 2000      four letters for each of 500 people
python .ci/drill_rows.py race 500        as many cancels, each of a letter in a worker's hands
"""

from __future__ import annotations

import json
import os
import random
import sys
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import django

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from django.db import connection, transaction  # noqa: E402 - after setup
from django.utils import timezone  # noqa: E402

from consult.followups import actions as followups  # noqa: E402
from consult.intake import actions as intakes  # noqa: E402
from consult.models import Intake, Message, Status  # noqa: E402
from consult.models.messages import EDGES  # noqa: E402

EACH = 4  # letters for one person; they must arrive in order
AT_ONCE = 4  # threads that cancel
ROUNDS = 20
QUIET_SECONDS = 5  # without a letter in hand: the round is over
LONGEST_WAIT = 0.15  # before a cancel; about what one hand-over takes
NOTE = {
    "postgresql": """
        CREATE TABLE drill_path (message uuid, before text, after text);
        CREATE FUNCTION drill_note() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN INSERT INTO drill_path VALUES (OLD.id, OLD.status, NEW.status); RETURN NEW; END $$;
        CREATE TRIGGER drill_note AFTER UPDATE OF status ON consult_message
        FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION drill_note()""",
    "sqlite": """
        CREATE TABLE drill_path (message text, before text, after text);
        CREATE TRIGGER drill_note AFTER UPDATE OF status ON consult_message
        WHEN OLD.status <> NEW.status
        BEGIN INSERT INTO drill_path VALUES (OLD.id, OLD.status, NEW.status); END""",
}


def note_every_step() -> None:
    """The database itself writes down which edge each letter takes."""
    with connection.cursor() as cursor:
        if "drill_path" in connection.introspection.table_names(cursor):
            return
        if connection.vendor == "sqlite":
            cursor.connection.executescript(NOTE["sqlite"])
        else:
            cursor.execute(NOTE["postgresql"])


def write(count: int, *, each: int) -> list[Message]:
    """Letters that are due, in the order in which each person must get theirs."""
    now = timezone.now()
    with transaction.atomic():
        people = [made_up(number) for number in range(-(-count // each))]
        rows = [letter(person, number) for number in range(each) for person in people][:count]
    return [row for row in rows if row.not_before <= now]


def made_up(number: int) -> Intake:
    now = timezone.now() - timedelta(hours=1)
    intake = intakes.start(language="en", now=now)
    name = uuid.uuid4().hex
    contact = {
        "full_name": f"Person{number} Drill",
        "email": f"{name}@example.org",
        "phone": "+52 664 555 0100",
        "preferred_language": "en",
        "time_zone": "America/Tijuana",
    }
    intakes.save_contact(intake, contact=contact, now=now)
    return Intake.objects.get(pk=intake.pk)


def letter(intake: Intake, number: int) -> Message:
    now = timezone.now() - timedelta(minutes=30 - number)
    row = followups.schedule("message_waiting", intake=intake, anchor=f"{number}", now=now)
    if row is None:
        raise SystemExit("The plan has no letter for a made-up person.")
    return row


def as_json(rows: list[Message]) -> list[tuple[str, str]]:
    return [(row.message_id, str(row.intake_id)) for row in rows]


class Race:
    """Cancels letters while a worker has them, as many as are wanted."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self.lock = threading.Lock()
        self.tried: set[uuid.UUID] = set()
        self.ours: dict[uuid.UUID, Message] = {}
        self.ends: dict[str, list[str]] = {"stopped": [], "too_late": [], "had_left": []}

    def run(self) -> dict[str, list[str]]:
        for _ in range(ROUNDS):
            rows = write(max(self.wanted // 2, 20), each=1)
            self.ours |= {row.pk: row for row in rows}
            with ThreadPoolExecutor(AT_ONCE) as pool:
                for _ in range(AT_ONCE):
                    pool.submit(self.cancel_in_hand)
            if len(self.tried) >= self.wanted:
                break
        return self.ends | {"written": [row.message_id for row in self.ours.values()]}

    def cancel_in_hand(self) -> None:
        last = time.monotonic()
        while time.monotonic() - last < QUIET_SECONDS and len(self.tried) < self.wanted:
            row = self.one_in_hand()
            if row is None:
                time.sleep(0.02)
                continue
            last = time.monotonic()
            time.sleep(random.uniform(0, LONGEST_WAIT))  # noqa: S311 - guards nothing
            done = followups.cancel(intake=row.intake, now=timezone.now())
            end = "stopped" if done.stopped else "too_late" if done.too_late else "had_left"
            with self.lock:
                self.ends[end].append(row.message_id)
        connection.close()

    def one_in_hand(self) -> Message | None:
        in_hand = Message.objects.filter(status__in=[Status.CLAIMED, Status.SENDING])
        keys = list(in_hand.values_list("pk", flat=True))
        with self.lock:
            ours = [pk for pk in keys if pk in self.ours and pk not in self.tried]
            if not ours or len(self.tried) >= self.wanted:
                return None
            chosen = random.choice(ours)  # noqa: S311 - guards nothing
            self.tried.add(chosen)
        return self.ours[chosen]


def main(what: str, count: int) -> None:
    note_every_step()
    edges = [(before, after) for before, onward in EDGES.items() for after in onward]
    if what == "write":
        answer = {"letters": as_json(write(count, each=EACH)), "edges": edges}
    else:
        answer = Race(count).run()
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
