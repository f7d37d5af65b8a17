"""Around the form: begin, the task list, the check of one part, the urgent card, stopping."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from consult.access import public
from consult.followups.reach import is_confirmed
from consult.intake import actions
from consult.intake.actions import CONSENT_TO_STORE
from consult.intake.drafts import draft_of, erased_on, remember_draft, with_draft
from consult.intake.pages import address_of, address_to_go_on, answered_for, urgent_messages
from consult.intake.progress import StepProgress, minutes_left, next_open, progress
from consult.intake.step_views import AGREE_FIRST, step_or_404
from consult.intake.summary import rows_of
from consult.models import Intake
from consult.rules import carer as carers
from consult.rules.conditions import Answer
from consult.rules.published import load_questionnaire
from consult.rules.questionnaire import Questionnaire

DANGER = "safety.now"  # where danger signs are asked


@public
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    draft = draft_of(request) if request.COOKIES else None
    if request.method == "POST":
        if draft is None:
            draft = actions.start(language="en", now=timezone.now())
            remember_draft(request, draft)
        return redirect("consult:tasks")
    context = {"draft": draft, "questionnaire": load_questionnaire()}
    return render(request, "consult/intake/start.html", context)


@with_draft
@require_safe
def tasks(request: HttpRequest, intake: Intake) -> HttpResponse:
    questionnaire, answers = load_questionnaire(intake.questionnaire), intake.answers()
    steps = progress(questionnaire, answers)
    beside = parts_beside(intake, answers)
    open_beside = [one for one in beside if one["state"] != "done"]
    context = {
        "intake": intake,
        "steps": [(one, address_to_go_on(one)) for one in steps],
        "beside": beside,
        "may_answer": bool(answers.get(CONSENT_TO_STORE)),
        "done": sum(one.state == "done" for one in steps) + len(beside) - len(open_beside),
        "total": len(steps) + len(beside),
        "minutes": minutes_left(questionnaire, answers, more=len(open_beside)),
        "onward": onward(intake, questionnaire, answers) if answers else None,
        "confirm": bool(intake.contact_email) and not is_confirmed(intake),
        "erased_on": erased_on(intake),
        "urgent": urgent_messages(questionnaire, answers),
    }
    return render(request, "consult/intake/tasks.html", context)


def parts_beside(intake: Intake, answers: dict[str, Answer]) -> list[dict[str, str]]:
    """The parts that are not questions about health: the address, and who answers for somebody."""
    reached = "done" if intake.contact_email else "not_started"
    parts = [part("How we reach you", "consult:contact", reached)]
    if asked := carers.asked_of(answers):
        begun = "in_progress" if carers.given(intake.carer, answers) else "not_started"
        state = begun if carers.still_open(intake.carer, answers) else "done"
        parts.append(part(asked.steps[0].title, "consult:carer", state))
    return parts


def part(title: str, name: str, state: str) -> dict[str, str]:
    words = {"done": "Done", "in_progress": "In progress", "not_started": "Not started"}[state]
    return {"title": title, "address": reverse(name), "state": state, "label": words}


def onward(
    intake: Intake, questionnaire: Questionnaire, answers: dict[str, Answer], after: str = ""
) -> dict[str, str]:
    """What to do next: the first part, how we reach the person, then whatever is not done."""
    steps = progress(questionnaire, answers)
    if steps[0].state != "done" and steps[0].step.id != after:
        return to_part(steps[0])
    for one in parts_beside(intake, answers):
        if one["state"] != "done":
            return one
    following = next_open(steps, after)
    if following and following.step.id != after:
        return to_part(following)
    return {"title": "Check your answers and send", "address": reverse("consult:check")}


def to_part(one: StepProgress) -> dict[str, str]:
    return {"title": one.step.title, "address": address_to_go_on(one)}


@with_draft
@require_safe
def step_check(request: HttpRequest, intake: Intake, name: str) -> HttpResponse:
    """One part as it was answered, before the next."""
    questionnaire, answers = load_questionnaire(intake.questionnaire), intake.answers()
    this = step_or_404(questionnaire, name)
    if not answers.get(CONSENT_TO_STORE):
        messages.info(request, AGREE_FIRST)
        return redirect("consult:step", questionnaire.steps[0].id)
    (here,) = [one for one in progress(questionnaire, answers) if one.step is this]
    context: dict[str, Any] = {
        "step": this,
        "number": here.number,
        "total": len(questionnaire.steps),
        "rows": rows_of(questionnaire, this, answers, back="?back=step"),
        "open": [(one, address_of(this, one.id, "?back=step")) for one in here.open],
        "onward": onward(intake, questionnaire, answers, this.id),
        "for_whom": answered_for(answers),
        "urgent": urgent_messages(questionnaire, answers),
    }
    return render(request, "consult/intake/step_check.html", context)


@with_draft
@require_http_methods(["GET", "HEAD", "POST"])
def urgent(request: HttpRequest, intake: Intake) -> HttpResponse:
    """The full-page card after an answer that cannot wait; what was entered is saved."""
    questionnaire, answers = load_questionnaire(intake.questionnaire), intake.answers()
    if request.method == "POST":
        by_mistake = request.POST.get("choice") == "mistake"
        cards = request.POST.getlist("card")
        actions.leave_urgent_card(intake, cards=cards, by_mistake=by_mistake, now=timezone.now())
        if by_mistake:
            asked_in = questionnaire.step(questionnaire.by_id[DANGER].step)
            return redirect(address_of(asked_in, DANGER))
        return redirect("consult:tasks")
    shown = urgent_messages(questionnaire, answers)
    if not shown:
        return redirect("consult:tasks")
    return render(request, "consult/intake/urgent.html", {"cards": shown})


@public
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """End this browser's hold on the form; the answers stay, for the address to come back to."""
    request.session.flush()
    return redirect("/")
