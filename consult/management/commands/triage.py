"""Judge one person's answers from a file: manage.py triage FILE [--on DATE] [--json]."""

import json
import sys
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import localdate

from consult.rules.answers import ISO_DAY, AnswerError, parse
from consult.rules.published import load_questionnaire
from consult.rules.questionnaire import Questionnaire, evidence_in_words
from consult.rules.triage import Assessment, Finding, assess, level

MOST_BYTES = 1_000_000  # a full form has some 10 kB


def refusal(sentence: str) -> CommandError:
    return CommandError(sentence, returncode=2)


def read_answers(name: str) -> dict[str, Any]:
    """Raw answers from a file, `-` for standard input. Raises CommandError."""
    try:
        raw = sys.stdin.buffer.read(MOST_BYTES + 1) if name == "-" else _read(Path(name))
        if len(raw) > MOST_BYTES:
            raise refusal(f"{name}: this file is larger than {MOST_BYTES:,} bytes.")
        return parse(raw.decode("utf-8-sig"))
    except (OSError, ValueError) as error:
        raise refusal(_why_unreadable(name, error)) from error


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)


def _why_unreadable(name: str, error: OSError | ValueError) -> str:
    if isinstance(error, AnswerError):
        return str(error)
    if isinstance(error, UnicodeDecodeError):
        return f"{name}: this file is not UTF-8 text."
    reason = error.strerror if isinstance(error, OSError) else "no such name can be"
    return f"{name}: this file cannot be read ({reason})."


def _day(text: str | None) -> date:
    if text is None:
        return localdate()
    try:
        if ISO_DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise refusal(f"--on: {text[:40]!r} is not a day such as 2026-11-15.")


class Command(BaseCommand):
    help = "Judge one person's answers (JSON by question id): level, findings, what to ask."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="answers as JSON; - for standard input")
        parser.add_argument(
            "--on", metavar="DATE", help="day of submission, 2026-11-15; today if left out"
        )
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        on = _day(options["on"])
        answers = read_answers(options["file"])
        try:
            assessment = assess(answers, on=on)
        except AnswerError as error:
            raise refusal(str(error)) from error
        self.stdout.write(as_json(assessment) if options["json"] else in_text(assessment))


def as_json(assessment: Assessment) -> str:
    return json.dumps(
        {
            "ruleset": assessment.ruleset,
            "level": assessment.level,
            "findings": [
                {
                    "rule": one.rule,
                    "level": one.level,
                    "topics": one.topics,
                    "evidence": one.evidence,
                }
                for one in assessment.findings
            ],
            "unknowns": assessment.unknowns,
            "immediate": assessment.immediate,
        },
        ensure_ascii=False,
        indent=2,
    )


def in_text(assessment: Assessment) -> str:
    questionnaire = load_questionnaire(assessment.questionnaire)
    found = level(assessment.level)
    lines = [f"{found.label} – {found.queue}. Rules {assessment.ruleset}."]
    for code in assessment.immediate:
        lines.append(f"The person was told at once: {questionnaire.messages[code].title}.")
    for finding in assessment.findings:
        lines += ["", *_finding_in_text(finding, questionnaire)]
    if assessment.unknowns:
        lines += ["", "Ask at the consultation:"]
        lines += [f"  {questionnaire.by_id[one].text}" for one in assessment.unknowns]
    return "\n".join(lines)


def _finding_in_text(finding: Finding, questionnaire: Questionnaire) -> list[str]:
    because = [evidence_in_words(questionnaire, one) for one in finding.evidence]
    return [
        f"{finding.rule} {finding.title} ({level(finding.level).label})",
        *(f"  because: {asked} {answered}" for asked, answered in because),
        f"  {finding.staff}",
        f"  To do: {finding.action}",
    ]
