"""Judge the answers of one check-in from a file: manage.py checkin FILE [--json]."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from consult.management.commands.triage import read_answers, refusal
from consult.rules.answers import AnswerError
from consult.rules.checkins import Checkin, assess_checkin, outcome
from consult.rules.published import load_checkins
from consult.rules.questionnaire import evidence_in_words


class Command(BaseCommand):
    help = "Judge a check-in's answers (JSON by question id, with context.*): outcome and findings."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="answers as JSON; - for standard input")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            checkin = assess_checkin(read_answers(options["file"]))
        except AnswerError as error:
            raise refusal(str(error)) from error
        self.stdout.write(as_json(checkin) if options["json"] else in_text(checkin))


def as_json(checkin: Checkin) -> str:
    findings = [
        {"rule": one.rule, "outcome": one.outcome, "evidence": one.evidence}
        for one in checkin.findings
    ]
    return json.dumps(
        {"outcome": checkin.outcome, "findings": findings}, ensure_ascii=False, indent=2
    )


def in_text(checkin: Checkin) -> str:
    asked = load_checkins(checkin.plan).questionnaire
    lines = [f"{checkin.outcome} – {outcome(checkin.outcome).staff}. Check-ins {checkin.plan}."]
    for finding in checkin.findings:
        lines += ["", f"{finding.rule} {finding.title} ({finding.outcome})"]
        lines += [
            f"  because: {text} {answer}"
            for text, answer in (evidence_in_words(asked, e) for e in finding.evidence)
        ]
    return "\n".join(lines)
