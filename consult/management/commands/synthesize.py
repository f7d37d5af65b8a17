import random
from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from consult.intake import actions
from consult.intake.deciding import is_held
from consult.management import synthetic
from consult.models import Intake, User
from consult.rules.published import load_questionnaire

TOGETHER = 200  # forms in one transaction
DAYS = 180  # over how many days they came in


class Command(BaseCommand):
    help = "Make realistic synthetic patients with submitted forms; the same seed, the same people."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--intakes", type=int, required=True)
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("Made-up patients do not go with production.")
        rng = random.Random(options["seed"])  # noqa: S311 - made-up people, not secrets
        wanted, now = options["intakes"], timezone.now()
        clinicians = [user for user in User.objects.all()[:50] if user.is_clinical]
        for first in range(0, wanted, TOGETHER):
            with transaction.atomic():
                for number in range(first, min(first + TOGETHER, wanted)):
                    add_one(rng, f"s{options['seed']}-{number}", clinicians, now)
            print(f"{min(first + TOGETHER, wanted)} of {wanted}")


def add_one(rng: random.Random, key: str, clinicians: list[User], now: datetime) -> Intake:
    """One person whose form came in some day of the last half year, decided by chance if old."""
    came = now - timedelta(minutes=rng.randint(5, DAYS * 24 * 60))
    questionnaire = load_questionnaire()
    intake = actions.start(language="en", now=came - timedelta(minutes=15))
    contact = {
        "full_name": synthetic.name(rng),
        "email": f"{key}@synthetic.example",
        "phone": "",
        "preferred_language": rng.choice(["en", "es"]),
        "time_zone": settings.TIME_ZONE,
    }
    actions.save_contact(intake, contact=contact, now=came)
    said = synthetic.answers(questionnaire, rng, on=timezone.localdate(came))
    for step in questionnaire.steps:
        own = {one.id: said[one.id] for one in step.questions if one.id in said}
        actions.save_step(intake, step=step.id, answers=own, now=came)
    actions.submit(intake, signature=contact["full_name"], now=came)
    intake.refresh_from_db()
    if clinicians and now - came > timedelta(days=3) and rng.random() < 0.9:
        kind = rng.choice(["ready", "ready", "hold"])
        kind = "hold" if is_held(intake) else kind  # two people would have to sign
        later = came + timedelta(days=1)
        actions.decide(intake, by=rng.choice(clinicians), kind=kind, reason="Synthetic.", now=later)
    return intake
