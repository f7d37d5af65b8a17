"""A few questions on our pages, one at a time. Nobody is held up by a wrong answer."""

from http import HTTPStatus

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from consult.intake import understanding
from consult.intake.drafts import with_draft_to_fill
from consult.intake.sending_views import put_questions
from consult.models import Intake, UnderstandingAnswer

CHOOSE = "Please choose an answer, or “I am not sure”."
NOT_SURE = (understanding.NOT_SURE, understanding.NOT_SURE_WORDS)
WE_TALK = "Thank you. We will talk about it with you. You can go on."


class AnswerForm(forms.Form):
    answer = forms.ChoiceField(
        widget=forms.RadioSelect,
        error_messages={"required": CHOOSE, "invalid_choice": CHOOSE},
    )

    def __init__(self, row: UnderstandingAnswer, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        field = self.fields["answer"]
        field.label = row.asked["question"]
        field.choices = [*row.asked["options"], NOT_SURE]  # type: ignore[attr-defined]


@with_draft_to_fill
@require_http_methods(["GET", "HEAD", "POST"])
def questions(request: HttpRequest, intake: Intake) -> HttpResponse:
    rows = put_questions(intake)
    if not rows:
        return redirect("consult:check")
    if request.method == "POST":
        return take(request, intake, rows)
    row = understanding.next_open(rows)
    if row is None:
        return render(request, "consult/intake/understanding_done.html", {"rows": rows})
    return question_page(request, rows, row, AnswerForm(row))


def take(request: HttpRequest, intake: Intake, rows: list[UnderstandingAnswer]) -> HttpResponse:
    """Keep the answer and say what it was; a page that is out of date leads to the open one."""
    row = next((one for one in rows if str(one.pk) == request.POST.get("question")), None)
    if row is None or request.POST.get("tries") != str(len(row.attempts)):
        return outdated(request)
    form = AnswerForm(row, request.POST)
    if not form.is_valid():
        return question_page(request, rows, row, form)
    chosen, tries = form.cleaned_data["answer"], len(row.attempts)
    try:
        row = understanding.answer(
            intake, question=str(row.pk), tries=tries, chosen=chosen, now=timezone.now()
        )
    except understanding.Outdated:
        return outdated(request)
    if row.understood_at:
        messages.success(request, "Yes.")
    elif understanding.is_settled(row):
        messages.info(request, WE_TALK)
    return redirect("consult:understanding")


def outdated(request: HttpRequest) -> HttpResponse:
    messages.info(request, "That page was out of date. Here is where you are.")
    return redirect("consult:understanding")


def question_page(
    request: HttpRequest,
    rows: list[UnderstandingAnswer],
    row: UnderstandingAnswer,
    form: AnswerForm,
) -> HttpResponse:
    context = {
        "form": form,
        "row": row,
        "number": rows.index(row) + 1,
        "total": len(rows),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "consult/intake/understanding.html", context, status=status)
