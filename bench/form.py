"""Prepares W2 and W3 in the portal: a half-filled form, and the way through a whole one.

`python -m bench.form` prints what to ask for and what it costs in queries, as JSON;
`python -m bench.form sent` how many whole forms are stored.
"""

import json
import sys
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from bench.follow import Walk
from bench.inside import ROOT, browser, cookies, queries
from consult.models import Assessment, Intake

PERSONAS = ROOT / "tests/rules/data/personas.json"
START, TASKS, SENT = "/consult/", "/consult/intake/", "/consult/status/"
CONTACT = {
    "full_name": "Ana Torres",
    "email": "ana@example.org",
    "phone": "+52 664 123 4567",
    "preferred_language": "en",
    "time_zone": "America/Tijuana",
}
QUESTIONS = range(4, 7)  # on the page that W2 asks for


def main() -> None:
    if sys.argv[1:] == ["sent"]:
        sent = Intake.objects.filter(state=Intake.State.SUBMITTED)
        json.dump(min(sent.count(), Assessment.objects.count()), sys.stdout)
    else:
        json.dump(prepared(), sys.stdout)


def prepared() -> dict[str, Any]:
    answers = CONTACT | persona("P01") | {"signature": CONTACT["full_name"]}
    with CaptureQueriesContext(connection) as seen:
        whole = Walk(browser(), answers, until=SENT)
        whole.go(START)
    in_all = len(seen)
    page = next(path for path, asked in whole.asked.items() if asked in QUESTIONS)
    few = Walk(browser(), answers, until=page)  # all that comes before the page
    few.go(START)
    counted = [queries(few.client, page)]
    many = Walk(few.client, answers, until="/consult/intake/check/")
    many.go(TASKS)
    counted.append(queries(many.client, page))
    return {
        "path": page,
        "questions": whole.asked[page],
        "cookies": cookies(few.client),
        "queries": counted,
        "journey": whole.journey,
        "journey_queries": round(in_all / len(whole.journey), 1),
    }


def persona(name: str) -> dict[str, Any]:
    people = json.loads(PERSONAS.read_text())["personas"]
    answers: dict[str, Any] = next(one["answers"] for one in people if one["id"] == name)
    return answers


if __name__ == "__main__":
    main()
