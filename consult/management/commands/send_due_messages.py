from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from consult.followups import actions as followups


class Command(BaseCommand):
    help = "Send the letters that are due, once, without Celery."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(str(followups.send_due(now=timezone.now())))
