"""The pages of the form. Fetch, form, action, redirect."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from consult.access import public
from consult.intake import actions
from consult.intake.actions import CONSENT_TO_STORE, NotAllowed, NotComplete
from consult.intake.drafts import draft_of, remember_draft, remember_sent, sent_from
from consult.intake.forms import ContactForm
from consult.intake.progress import next_step, progress
from consult.models import Intake
from consult.questions import QuestionsForm
from consult.rules import triage
from consult.rules.conditions import Answer
from consult.rules.published import load_questionnaire
from consult.rules.questionnaire import Questionnaire, Step, in_words, missing, visible
from content.topics import pages_for

P = ParamSpec("P")
DraftView = Callable[Concatenate[HttpRequest, Intake, P], HttpResponse]
SAVE_FOR_LATER = "later"


def with_draft(view: DraftView[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Hands the view the draft of this browser; without one, the way to begin."""

    @wraps(view)
    def found(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        intake = draft_of(request)
        if intake is None:
            return redirect("consult:status" if sent_from(request) else "consult:start")
        return view(request, intake, *args, **kwargs)

    return public(found)


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
    context = {
        "intake": intake,
        "questionnaire": questionnaire,
        "steps": steps,
        "may_answer": bool(answers.get(CONSENT_TO_STORE)),
        "done": sum(one.state == "done" for one in steps) + bool(intake.contact_email),
        "urgent": urgent_messages(questionnaire, answers),
    }
    return render(request, "consult/intake/tasks.html", context)


@with_draft
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest, intake: Intake) -> HttpResponse:
    form = ContactForm(request.POST or None, initial=intake.contact)
    if request.method == "POST" and form.is_valid():
        actions.save_contact(intake, contact=form.contact(), now=timezone.now())
        return redirect("consult:check" if "back" in request.GET else "consult:tasks")
    return page(request, "contact", {"form": form, "intake": intake})


@with_draft
@require_http_methods(["GET", "HEAD", "POST"])
def step(request: HttpRequest, intake: Intake, name: str) -> HttpResponse:
    questionnaire, stored = load_questionnaire(intake.questionnaire), intake.answers()
    this = step_or_404(questionnaire, name)
    if this is not questionnaire.steps[0] and not stored.get(CONSENT_TO_STORE):
        messages.info(request, "Please begin with the first part: it asks for your agreement.")
        return redirect("consult:step", questionnaire.steps[0].id)
    form = QuestionsForm(
        questionnaire,
        this.groups,
        stored=stored,
        today=timezone.localdate(),
        links=pages_for(topics_of(this)),
        data=request.POST if request.method == "POST" else None,
    )
    if request.method == "POST":
        return save(request, intake, questionnaire, this, form)
    return step_page(request, questionnaire, this, form)


def save(
    request: HttpRequest,
    intake: Intake,
    questionnaire: Questionnaire,
    this: Step,
    form: QuestionsForm,
) -> HttpResponse:
    """Store what is valid, then say what is not; the emergency card goes before everything."""
    valid = form.is_valid()
    answers = form.merged()
    if not answers.get(CONSENT_TO_STORE):
        return step_page(request, questionnaire, this, form)
    new_alarm = set(triage.immediate(answers)) - set(triage.immediate(form.stored))
    actions.save_step(
        intake, step=this.id, answers=form.answers, cleared=form.cleared, now=timezone.now()
    )
    if new_alarm:
        return redirect("consult:urgent")
    if SAVE_FOR_LATER in request.POST:
        messages.success(request, "Your answers are saved. You can come back to them here.")
        return redirect("consult:tasks")
    if not valid:
        return step_page(request, questionnaire, this, form)
    return onward(request, intake, questionnaire, this, form)


def onward(
    request: HttpRequest,
    intake: Intake,
    questionnaire: Questionnaire,
    this: Step,
    form: QuestionsForm,
) -> HttpResponse:
    if form.opened:
        many = len(form.opened) > 1
        messages.info(
            request,
            f"Saved. Your answers bring up {len(form.opened)} more "
            f"question{'s' if many else ''} on this page.",
        )
        here = redirect("consult:step", this.id)
        here["Location"] += f"#div_id_{form.opened[0].id}"
        return here
    if "back" in request.GET:
        return redirect("consult:check")
    if not intake.contact_email:
        return redirect("consult:contact")
    following = next_step(questionnaire, this.id)
    return redirect("consult:step", following.id) if following else redirect("consult:check")


def step_page(
    request: HttpRequest, questionnaire: Questionnaire, this: Step, form: QuestionsForm
) -> HttpResponse:
    context = {
        "form": form,
        "step": this,
        "number": questionnaire.steps.index(this) + 1,
        "total": len(questionnaire.steps),
        "urgent": urgent_messages(questionnaire, form.everything_said()),
    }
    return page(request, "step", context)


def page(request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if context["form"].errors else HTTPStatus.OK
    return render(request, f"consult/intake/{name}.html", context, status=status)


@with_draft
@require_safe
def urgent(request: HttpRequest, intake: Intake) -> HttpResponse:
    """The full-page card after an answer that cannot wait; what was entered is saved."""
    questionnaire, answers = load_questionnaire(intake.questionnaire), intake.answers()
    cards = urgent_messages(questionnaire, answers)
    if not cards:
        return redirect("consult:tasks")
    context = {"cards": cards, "first_step": questionnaire.steps[0]}
    return render(request, "consult/intake/urgent.html", context)


@with_draft
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest, intake: Intake) -> HttpResponse:
    if request.method == "POST":
        return send(request, intake)
    return check_page(request, intake)


def send(request: HttpRequest, intake: Intake) -> HttpResponse:
    try:
        actions.submit(intake, now=timezone.now())
    except NotComplete:
        return check_page(request, intake, refused=True)
    except NotAllowed:
        pass  # sent already, from another tab or by a second click: the same page as the first
    remember_sent(request, intake)
    return redirect("consult:status")


def check_page(request: HttpRequest, intake: Intake, *, refused: bool = False) -> HttpResponse:
    questionnaire, answers = load_questionnaire(intake.questionnaire), intake.answers()
    context = {
        "intake": intake,
        "contact": contact_rows(intake),
        "sections": rows_by_step(questionnaire, answers),
        "open": missing(questionnaire, answers),
        "steps": progress(questionnaire, answers),
        "refused": refused,
        "urgent": urgent_messages(questionnaire, answers),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK
    return render(request, "consult/intake/check.html", context, status=status)


def contact_rows(intake: Intake) -> list[tuple[str, str]]:
    if not intake.contact_email:
        return []
    labels = ContactForm.base_fields
    names = ("full_name", "email", "phone")
    return [(str(labels[name].label), intake.contact.get(name, "")) for name in names]


def rows_by_step(
    questionnaire: Questionnaire, answers: dict[str, Answer]
) -> list[tuple[Step, list[dict[str, Any]]]]:
    """Every question the person was asked, with the answer in words."""
    shown = visible(questionnaire, answers)
    return [
        (
            step,
            [
                {
                    "question": question,
                    "words": in_words(question, answers[question.id])
                    if question.id in answers
                    else "",
                }
                for question in shown
                if question.step == step.id
            ],
        )
        for step in questionnaire.steps
    ]


@public
@require_safe
def status(request: HttpRequest) -> HttpResponse:
    intakes = sent_from(request)
    if not intakes:
        return redirect("consult:tasks" if draft_of(request) else "consult:sign_in")
    context = {"cases": [case(intake) for intake in intakes], "draft": draft_of(request)}
    return render(request, "consult/intake/status.html", context)


def case(intake: Intake) -> dict[str, Any]:
    assessment = intake.latest_assessment()
    level = triage.level(assessment.result["level"]) if assessment else None
    return {"intake": intake, "promise": level.promise if level else ""}


@public
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """End this browser's hold on the form; the answers stay, for the address to come back to."""
    request.session.flush()
    return redirect("/")


def step_or_404(questionnaire: Questionnaire, name: str) -> Step:
    try:
        return questionnaire.step(name)
    except KeyError as error:
        raise Http404 from error


def topics_of(step: Step) -> list[str]:
    return [topic for question in step.questions for topic in question.informs]


def urgent_messages(questionnaire: Questionnaire, answers: dict[str, Answer]) -> list[Any]:
    country = str(answers.get("person.country", ""))
    return [
        triage.emergency_message(code, country, questionnaire) for code in triage.immediate(answers)
    ]
