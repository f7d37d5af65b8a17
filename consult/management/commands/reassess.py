from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from consult.intake import judging
from consult.models import Intake
from consult.rules.published import LATEST, DataError, load_ruleset
from consult.rules.triage import Assessment


class Command(BaseCommand):
    help = "Judge submitted forms by another ruleset and print who would change."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--ruleset", default=LATEST, help="a published version, e.g. 0.1.0")
        parser.add_argument("--apply", action="store_true", help="store the new assessments")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            ruleset = load_ruleset(options["ruleset"])
        except DataError as error:
            raise CommandError(str(error)) from error
        changed = 0
        # What has been taken back is not judged again.
        forms = Intake.objects.exclude(submitted_at=None).exclude(state=Intake.State.WITHDRAWN)
        for intake in forms.order_by("submitted_at").iterator(chunk_size=200):
            before, after = said_of(intake), judging.judged_by(intake, ruleset)
            if before is None or outcome(before) == outcome(after):
                continue
            changed += 1
            print(f"{intake.code}  {in_words(before)}  ->  {in_words(after)}")
            if options["apply"]:
                judging.reassess(intake, ruleset=ruleset, now=timezone.now())
        done = "were" if options["apply"] else "would be"
        print(f"{changed} forms {done} judged differently by ruleset {ruleset.version}.")


def said_of(intake: Intake) -> Assessment | None:
    latest = intake.latest_assessment()
    return Assessment.from_dict(latest.result) if latest else None


def outcome(assessment: Assessment) -> tuple[str, tuple[str, ...]]:
    return assessment.level, tuple(finding.rule for finding in assessment.findings)


def in_words(assessment: Assessment) -> str:
    level, rules = outcome(assessment)
    return f"{level} ({', '.join(rules) or 'no rule'})"
