from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from consult.management.synthetic_clinic import synthesize


class Command(BaseCommand):
    help = (
        "Make realistic synthetic patients with forms, bookings, treatments and messages. The same "
        "seed makes the same people; those who are there already are left as they are."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--intakes", type=int, required=True)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument(
            "--decided", type=float, default=0.9, help="the share of older forms that is decided"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("Made-up patients do not go with production.")
        seed, wanted = options["seed"], options["intakes"]
        decided, now = options["decided"], timezone.now()
        for made in synthesize(wanted, seed=seed, decided=decided, now=now):
            print(f"{made} of {wanted}", flush=True)
