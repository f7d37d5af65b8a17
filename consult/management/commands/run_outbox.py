import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from consult.followups import watch
from consult.followups.delivery import closing


class Command(BaseCommand):
    help = "Send the letters that are due, again and again, without Celery or a broker."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=float, default=5, help="seconds between two passes")

    def handle(self, *args: Any, **options: Any) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: closing.set())
        watch.look_again_and_again(every=options["every"])
