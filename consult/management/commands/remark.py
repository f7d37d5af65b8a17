from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from consult.intake.texts import keep_unread
from consult.marks import keep_marks
from consult.models import Intake


class Command(BaseCommand):
    help = (
        "Make the marks by which sent forms are found, and those of text that nobody has read; "
        "needed once, and after a new index key."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        count = 0
        codes = Intake.objects.exclude(submitted_at=None).values_list("pk", flat=True)
        for pk in codes.iterator(chunk_size=1000):
            with transaction.atomic():
                intake = Intake.objects.select_for_update().get(pk=pk)
                keep_marks(intake)
                keep_unread(intake)
            count += 1
        print(f"The marks of {count} forms are kept.")
