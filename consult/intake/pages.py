"""What the pages of the form have in common."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from consult.intake.progress import StepProgress
from consult.rules import triage
from consult.rules.conditions import Answer
from consult.rules.questionnaire import Questionnaire, Step, page_of

FOR_WHOM = {"child": "the child", "adult_care": "the patient"}
SAVE_FOR_LATER = "later"
COUNTRY = "person.country"


def page(request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if context["form"].errors else HTTPStatus.OK
    return render(request, f"consult/intake/{name}.html", context, status=status)


def urgent_messages(questionnaire: Questionnaire, answers: dict[str, Answer]) -> list[Any]:
    country = str(answers.get(COUNTRY, ""))
    return [
        triage.emergency_message(code, country, questionnaire) for code in triage.immediate(answers)
    ]


def emergency_number(questionnaire: Questionnaire, answers: Mapping[str, Answer]) -> str:
    return triage.emergency_number(str(answers.get(COUNTRY, "")), questionnaire)


def address(step: Step, part: int = 1) -> str:
    """Where a page of a step is."""
    if part == 1:
        return reverse("consult:step", args=[step.id])
    return reverse("consult:step_part", args=[step.id, part])


def address_of(step: Step, question: str, back: str = "") -> str:
    """Where a question is asked; `back` as the query that leads back from there, such as "?back".

    Raises KeyError for a question of another step.
    """
    return f"{address(step, page_of(step, question))}{back}#div_id_{question}"


def address_to_go_on(one: StepProgress) -> str:
    """A part that is done shows what was said; any other goes on where something is open."""
    if one.state == "done":
        return reverse("consult:step_check", args=[one.step.id])
    return address(one.step, one.part)


def answered_for(answers: dict[str, Answer]) -> str:
    """For whom somebody else fills the form in; empty for one's own."""
    return FOR_WHOM.get(str(answers.get("person.filling_for", "")), "")
