from typing import Any

from django.core.management.base import BaseCommand, CommandError

from consult.followups import watch


class Command(BaseCommand):
    help = "Send the letters that are due, once, without Celery."

    def handle(self, *args: Any, **options: Any) -> None:
        report = watch.look()
        if report is None:
            raise CommandError("Nothing is sent: this computer's clock is not the database's.")
        self.stdout.write(str(report))
