"""Letters that are due, and a worker that sends them.

`python -m bench.letters make 2000` writes them; `work` says that it is ready, waits for a line,
sends what is due until nothing is left, and prints the seconds, its CPU and its queries, as JSON.
"""

import json
import resource
import sys
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from bench import inside  # noqa: F401 - sets up Django, which the models need

# isort: split
from bench import people
from consult.followups.actions import new_row, send_due
from consult.followups.times import times
from consult.models import Message, Status
from consult.models.messages import FINISHED

AT_ONCE = 100_000
LOOK_AGAIN = 0.2  # seconds


def make(count: int) -> None:
    """One for each of so many people, due a moment ago; what others left over is gone."""
    Message.objects.all().delete()
    now = timezone.now() - timedelta(minutes=1)
    intakes = people.ready(count, now=now, name=uuid.uuid4().hex[:8])
    Message.objects.bulk_create(
        Message(
            idem_key=(key := f"message_waiting:{intake.pk}:bench"),
            event="message_waiting",
            intake=intake,
            recipient=intake.contact["email"],
            **times(now, "America/Tijuana"),
            **new_row(key, now=now),
        )
        for intake in intakes
    )


def left() -> int:
    over = [*FINISHED, Status.SENT]
    return Message.objects.exclude(status__in=over).count()


def work() -> dict[str, Any]:
    connection.ensure_connection()
    counted = Counted()
    print("ready", flush=True)
    sys.stdin.readline()
    began, cpu = time.monotonic(), cpu_so_far()
    sent, ended = 0, time.monotonic()
    with connection.execute_wrapper(counted):
        while True:
            done = send_due(now=timezone.now(), limit=AT_ONCE)
            sent += done.sent
            if done.sent:
                ended = time.monotonic()
            elif not left():
                break
            else:
                time.sleep(LOOK_AGAIN)
    return {
        "sent": sent,
        "seconds": ended - began,
        "cpu": cpu_so_far() - cpu,
        "queries": counted.queries,
    }


class Counted:
    queries = 0

    def __call__(self, execute: Callable[..., Any], *given: Any) -> Any:
        self.queries += 1
        return execute(*given)


def cpu_so_far() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main(command: str, *arguments: str) -> None:
    if command == "make":
        make(int(arguments[0]))
    else:
        json.dump(work(), sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
