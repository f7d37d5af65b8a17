"""The pages of the form. Fetch, form, action, redirect."""

import re
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec

from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from consult.access import public
from consult.intake import actions
from consult.intake.actions import CONSENT_TO_STORE, NotAllowed, NotComplete, SavedElsewhere
from consult.intake.drafts import draft_of, remember_draft, remember_sent, sent_from
from consult.intake.forms import ContactForm
from consult.intake.progress import next_step, progress
from consult.intake.summary import rows_by_step, rows_side_by_side
from consult.models import Intake, IntakeSection
from consult.questions import SHOWN, QuestionsForm
from consult.rules import triage
from consult.rules.conditions import Answer
from consult.rules.published import load_questionnaire
from consult.rules.questionnaire import Questionnaire, Step, missing
from content.topics import pages_for

P = ParamSpec("P")
DraftView = Callable[Concatenate[HttpRequest, Intake, P], HttpResponse]
SAVE_FOR_LATER = "later"
SEEN = "version"  # of the section, as it was when the page was made
AUTOSAVE = "autosave"
DANGER = "#div_id_safety.now"  # where danger signs are asked
VERSION_HEADER = "X-Section-Version"


def with_draft(view: DraftView[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Hands the view the draft of this browser; without one, the way to begin."""

    @wraps(view)
    def found(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        intake = draft_of(request)
        if intake is None:
            return redirect("consult:status" if sent_from(request) else "consult:start")
        try:
            return view(request, intake, *args, **kwargs)
        except NotAllowed:
            return redirect("consult:tasks")  # sent meanwhile from another tab: see how it fares

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
    prefetch_related_objects([intake], "sections")
    questionnaire, stored = load_questionnaire(intake.questionnaire), intake.answers()
    this = step_or_404(questionnaire, name)
    if request.method == "POST" and AUTOSAVE in request.POST and not stored.get(CONSENT_TO_STORE):
        return HttpResponse(status=HTTPStatus.NO_CONTENT)  # nothing is kept before the agreement
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
    version = version_of(intake, this)
    if request.method != "POST":
        return step_page(request, questionnaire, this, form, version)
    if AUTOSAVE in request.POST:
        return autosave(request, intake, this, form, version)
    return save(request, intake, questionnaire, this, form, version)


def save(
    request: HttpRequest,
    intake: Intake,
    questionnaire: Questionnaire,
    this: Step,
    form: QuestionsForm,
    version: int,
) -> HttpResponse:
    """Store what is valid, then say what is not; the emergency card goes before everything."""
    valid = form.is_valid()
    if not form.merged().get(CONSENT_TO_STORE):
        return step_page(request, questionnaire, this, form, version)
    seen = seen_version(request)
    try:
        section = store(intake, this, form, seen)
    except SavedElsewhere as error:
        return changed_page(request, questionnaire, this, form, error)
    if actions.urgent_unread(intake, form.merged()):
        return redirect("consult:urgent")
    if SAVE_FOR_LATER in request.POST:
        messages.success(request, "Your answers are saved. You can come back to them here.")
        return redirect("consult:tasks")
    if not valid:
        # A page that was out of date stays so: it does not show what came from elsewhere.
        shown = section.version if seen in {None, version} else seen
        return step_page(request, questionnaire, this, form, shown)
    return onward(request, intake, questionnaire, this, form)


def store(intake: Intake, this: Step, form: QuestionsForm, seen: int | None) -> IntakeSection:
    return actions.save_step(
        intake,
        step=this.id,
        answers=form.answers,
        cleared=form.cleared,
        seen=seen,
        now=timezone.now(),
    )


def autosave(
    request: HttpRequest, intake: Intake, this: Step, form: QuestionsForm, version: int
) -> HttpResponse:
    """Store what is valid while the person still types: no messages, no errors, no next page."""
    form.is_valid()
    seen = seen_version(request)
    shown = version if seen is None else seen
    if form.merged().get(CONSENT_TO_STORE) and form.has_news():
        if shown != version:
            return elsewhere()
        try:
            shown = store(intake, this, form, seen).version
        except (SavedElsewhere, NotAllowed):
            return elsewhere()
    return HttpResponse(status=HTTPStatus.NO_CONTENT, headers={VERSION_HEADER: str(shown)})


def elsewhere() -> HttpResponse:
    words = "This part was changed somewhere else."
    return HttpResponse(words, status=HTTPStatus.CONFLICT, content_type="text/plain")


def version_of(intake: Intake, this: Step) -> int:
    versions = {section.step: section.version for section in intake.sections.all()}
    return versions.get(this.id, 0)


def seen_version(request: HttpRequest) -> int | None:
    """The version that the page was made from; None when the post does not say it readably."""
    posted = request.POST.get(SEEN, "")
    return int(posted) if re.fullmatch(r"[0-9]{1,9}", posted) else None


def changed_page(
    request: HttpRequest,
    questionnaire: Questionnaire,
    this: Step,
    form: QuestionsForm,
    error: SavedElsewhere,
) -> HttpResponse:
    """Both answers side by side; the person chooses. What did not clash is saved already."""
    context = {
        "step": this,
        "rows": rows_side_by_side(this, error.questions, error.section.answers, form.answers),
        "version": error.section.version,
        "entered": posted_again(request, form),
        "urgent": urgent_messages(questionnaire, form.everything_said()),
    }
    status = HTTPStatus.CONFLICT
    return render(request, "consult/intake/changed.html", context, status=status)


def posted_again(request: HttpRequest, form: QuestionsForm) -> list[tuple[str, str]]:
    """Everything the person entered on this page, as it was posted."""
    kept = {*form.questions, SHOWN, SAVE_FOR_LATER}
    return [
        (name, str(value))
        for name, values in request.POST.lists()
        if name in kept or name.rpartition(".")[0] in form.questions
        for value in values
    ]


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
    request: HttpRequest,
    questionnaire: Questionnaire,
    this: Step,
    form: QuestionsForm,
    version: int,
) -> HttpResponse:
    context = {
        "form": form,
        "version": version,
        "autosave": bool(form.stored.get(CONSENT_TO_STORE)),
        "step": this,
        "number": questionnaire.steps.index(this) + 1,
        "total": len(questionnaire.steps),
        "urgent": urgent_messages(questionnaire, form.everything_said()),
        "nothing_saved": not form.merged().get(CONSENT_TO_STORE),
    }
    return page(request, "step", context)


def page(request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if context["form"].errors else HTTPStatus.OK
    return render(request, f"consult/intake/{name}.html", context, status=status)


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
            return redirect(reverse("consult:step", args=[questionnaire.steps[0].id]) + DANGER)
        return redirect("consult:tasks")
    shown = urgent_messages(questionnaire, answers)
    if not shown:
        return redirect("consult:tasks")
    return render(request, "consult/intake/urgent.html", {"cards": shown})


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


@public
@require_safe
def status(request: HttpRequest) -> HttpResponse:
    intakes = sent_from(request)
    if not intakes:
        return redirect("consult:tasks" if draft_of(request) else "consult:sign_in")
    context = {
        "cases": [case(intake) for intake in intakes],
        "all_withdrawn": all(one.state == Intake.State.WITHDRAWN for one in intakes),
        "draft": draft_of(request),
    }
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
