from argparse import ArgumentParser
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from consult.followups import outbox, recovery, retiming, timekeeping
from consult.followups.letters import LETTERS
from consult.models import Message, Status


class Command(BaseCommand):
    help = "Look at the letters, hold or release them, send given-up ones again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        ways = parser.add_subparsers(dest="way", required=True)
        ways.add_parser("status", help="counts; exit status 1 if a letter is overdue")
        hold = ways.add_parser("hold", help="after a restore: nothing leaves until it is released")
        hold.add_argument("--all-unfinished", action="store_true", required=True)
        release = ways.add_parser("release", help="let held letters go at their time")
        which = release.add_mutually_exclusive_group(required=True)
        which.add_argument("--event", action="append", choices=sorted(LETTERS), help="of this kind")
        which.add_argument("--all", action="store_true")
        release.add_argument(
            "--mail-log", type=Path, help="the mail server's log: what it names has left already"
        )
        requeue = ways.add_parser("requeue", help="send letters again that were given up")
        requeue.add_argument("ids", nargs="*", type=UUID)
        requeue.add_argument("--dead", action="store_true", help="all of them")
        requeue.add_argument("--since", type=instant, help="given up since: 2026-11-20[T15:00]")

        ways.add_parser("retime", help="after a new zone database: times of day stay times of day")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, options["way"])(options, now=timezone.now())

    # ----------------------------------------------------------------------------------- the ways
    def status(self, options: dict[str, Any], *, now: datetime) -> None:
        if timekeeping.in_words() == "wrong":
            self.stdout.write(
                "Clock: wrong on a worker or here, by the database's. It sends nothing."
            )
        for status, count in outbox.status_counts().items():
            self.stdout.write(f"{count:7}  {status}")
        for status, error, count in outbox.error_counts():
            self.stdout.write(f"{count:7}  {status}: {error}")
        if stuck := outbox.stuck(now=now).count():
            raise CommandError(f"Overdue: {stuck} letters are in the hands of a worker that died.")
        age = timedelta(seconds=int(outbox.oldest_due_age(now=now)))
        if not age:
            self.stdout.write("Nothing waits past its time.")
        elif outbox.is_overdue(now=now):
            raise CommandError(f"Overdue: the oldest letter has waited for {age} (h:mm:ss).")
        else:
            self.stdout.write(f"The oldest letter has waited for {age} (h:mm:ss).")

    def hold(self, options: dict[str, Any], *, now: datetime) -> None:
        done = recovery.hold_unfinished(by=None, now=now)
        self.stdout.write(f"{done.held} letters are held.")
        if done.in_hand:
            wait = outbox.LEASE + outbox.SETTLE
            raise CommandError(
                f"{done.in_hand} letters may be in a worker's hands right now. End worker and "
                f"beat, wait {wait} (h:mm:ss), and run this again."
            )

    def release(self, options: dict[str, Any], *, now: datetime) -> None:
        done = recovery.release_held(
            by=None, now=now, events=options["event"], left=ids_in(options["mail_log"])
        )
        self.stdout.write(f"{done.released} letters are released.")
        if options["mail_log"]:
            self.stdout.write(f"{done.had_left} had left already and are cancelled.")

    def requeue(self, options: dict[str, Any], *, now: datetime) -> None:
        dead = chosen(options)
        unheard = dead.filter(last_error__in=recovery.UNHEARD).count()
        again = sum(self.try_again(pk, now=now) for pk in dead.values_list("pk", flat=True))
        self.stdout.write(f"{again} letters go again.")
        if unheard:
            self.stdout.write(f"Of {unheard} the mail server's answer was never heard.")

    def retime(self, options: dict[str, Any], *, now: datetime) -> None:
        self.stdout.write(f"{retiming.retime(now=now)} letters are moved.")

    def try_again(self, pk: UUID, *, now: datetime) -> bool:
        with transaction.atomic():
            message = Message.objects.select_for_update(of=("self",)).get(pk=pk)
            try:
                again = recovery.requeue(message=message, by=None, now=now)
            except recovery.NotAgain as refusal:
                self.stderr.write(f"{pk}: {refusal}")
                return False
        self.stdout.write(f"{pk} goes again as {again.pk}")
        return True


def chosen(options: dict[str, Any]) -> Any:
    if bool(options["ids"]) == options["dead"]:
        raise CommandError("Name letters by their ids, or all that were given up by --dead.")
    if not options["dead"]:
        rows = Message.objects.filter(pk__in=options["ids"])
        if missing := set(options["ids"]) - set(rows.values_list("pk", flat=True)):
            raise CommandError(f"There is no letter {min(map(str, missing))}.")
        return rows
    dead = Message.objects.filter(status=Status.DEAD)
    return dead.filter(outcome_at__gte=options["since"]) if options["since"] else dead


def ids_in(log: Path | None) -> frozenset[str]:
    if log is None:
        return frozenset()
    try:
        with log.open(errors="replace") as lines:
            return recovery.ids_in(lines)
    except OSError as error:
        raise CommandError(f"{log} cannot be read: {error.strerror}.") from error


def instant(text: str) -> datetime:
    """A day, or a day and a time, on the clinic's clock."""
    found = parse_datetime(text)
    if found is None:
        raise ValueError(text)
    return found if timezone.is_aware(found) else timezone.make_aware(found)
