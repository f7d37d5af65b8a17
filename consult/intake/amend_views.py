"""Answering again after the form was sent: what is open, one part of it, handing in."""

from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.views.decorators.http import require_http_methods

from consult.intake import amending, rechecking, reopened
from consult.intake.answering import urgent_unread
from consult.intake.drafts import AUTOSAVE
from consult.intake.own import with_own_form
from consult.intake.pages import emergency_number, page, urgent_messages
from consult.intake.refusals import NotComplete, SavedElsewhere
from consult.intake.reopened import Part, WorkingCopy, working_copy
from consult.intake.step_views import (
    VERSION_HEADER,
    elsewhere,
    posted_again,
    seen_version,
    step_or_404,
    topics_of,
)
from consult.intake.summary import rows_side_by_side
from consult.models import Intake, IntakeSection
from consult.questions import QuestionsForm
from consult.rules.clearance import SIGNS_QUESTION, signs, signs_group
from consult.rules.published import load_questionnaire
from content.topics import pages_for

SENT_AGAIN = "Thank you. Your answers are with us, and a clinician reads them."
KEPT = "Your answers are kept here. They are not sent yet."


@with_own_form
@require_http_methods(["GET", "HEAD", "POST"])
def amend(request: HttpRequest, intake: Intake) -> HttpResponse:
    """What is open, what differs by now, and the button that hands it in."""
    if was_answered(intake):
        return redirect("consult:status")  # handed in already, by a second click or in another tab
    copy = copy_of(intake)
    if request.method == "POST":
        return hand_in(request, copy)
    if copy.request is None and not copy.parts:
        return redirect("consult:changes", intake.code)
    return list_page(request, copy, signs_form(copy))


def was_answered(intake: Intake) -> bool:
    latest = intake.requests.order_by("-asked_at").first()
    waits = intake.state == Intake.State.SUBMITTED
    return waits and latest is not None and latest.was_answered


def copy_of(intake: Intake) -> WorkingCopy:
    prefetch_related_objects([intake], "sections")
    return working_copy(intake)


def signs_form(copy: WorkingCopy, data: QueryDict | None = None) -> QuestionsForm | None:
    """The question before a treatment, where one is so near that it is asked."""
    if copy.request is not None:
        return None
    visit = rechecking.visit_ahead(copy.intake, now=timezone.now())
    if not rechecking.asks_signs(visit):
        return None
    return QuestionsForm(signs(), [signs_group()], stored={}, today=timezone.localdate(), data=data)


def ticked(form: QuestionsForm | None) -> list[str] | None:
    if form is None:
        return None
    codes = form.answers[SIGNS_QUESTION]
    return codes if isinstance(codes, list) else None


def hand_in(request: HttpRequest, copy: WorkingCopy) -> HttpResponse:
    if urgent_unread(copy.intake, copy.answers):
        return redirect("consult:amend_urgent", copy.intake.code)
    form, now = signs_form(copy, request.POST), timezone.now()
    if form is not None and not form.is_valid():
        return list_page(request, copy, form)
    try:
        if copy.request is not None:
            amending.hand_in_answers(copy.intake, now=now)
        else:
            rechecking.hand_in_changes(copy.intake, signs=ticked(form), now=now)
    except NotComplete:
        return list_page(request, copy, form, refused=True)
    messages.success(request, SENT_AGAIN)
    return redirect("consult:status")


def list_page(
    request: HttpRequest,
    copy: WorkingCopy,
    form: QuestionsForm | None,
    *,
    refused: bool = False,
) -> HttpResponse:
    context = {
        "intake": copy.intake,
        "asked": copy.request,
        "parts": copy.parts,
        "unfinished": copy.unfinished,
        "changes": copy.differences(),
        "form": form,
        "refused": refused,
        "urgent": urgent_messages(copy.questionnaire, dict(copy.answers)),
        "emergency_number": emergency_number(copy.questionnaire, copy.answers),
    }
    has_errors = refused or bool(form and form.errors)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if has_errors else HTTPStatus.OK
    return render(request, "consult/intake/amend.html", context, status=status)


@with_own_form
@require_http_methods(["GET", "HEAD", "POST"])
def amend_step(request: HttpRequest, intake: Intake, name: str) -> HttpResponse:
    """One part that is open again, with what our team asks beside the questions."""
    step_or_404(load_questionnaire(intake.questionnaire), name)
    copy = copy_of(intake)
    part = copy.part(name)
    form = QuestionsForm(
        copy.questionnaire,
        part.step.groups,
        stored=copy.answers,
        today=timezone.localdate(),
        links=pages_for(topics_of(part.step.questions)),
        only=part.only,
        data=request.POST if request.method == "POST" else None,
    )
    put_words_beside(form, part)
    if AUTOSAVE in request.POST:
        return autosave(copy, part, form, seen_version(request))
    if request.method == "POST":
        return save(request, copy, part, form)
    return step_page(request, copy, part, form, part.version)


def put_words_beside(form: QuestionsForm, part: Part) -> None:
    for key, words in part.words.items():
        field: forms.Field = form.fields[key]
        asked = format_html_join(
            "", '<span class="staff-asks">We ask: {}</span>', ((w,) for w in words)
        )
        field.help_text = format_html("{} {}", asked, field.help_text)


def save(request: HttpRequest, copy: WorkingCopy, part: Part, form: QuestionsForm) -> HttpResponse:
    """Keep what is valid, then say what is not; the urgent card goes before everything."""
    valid, seen = form.is_valid(), seen_version(request)
    try:
        section = keep(copy, part, form, seen)
    except SavedElsewhere as error:
        return changed_page(request, copy, part, form, error)
    if urgent_unread(copy.intake, form.merged()):
        return redirect("consult:amend_urgent", copy.intake.code)
    if not valid:
        shown = section.version if seen in {None, part.version} else seen
        return step_page(request, copy, part, form, shown or 0)
    if form.opened:
        messages.info(request, "Saved. Your answers bring up more questions on this page.")
        return redirect(f"{request.path}#div_id_{form.opened[0].id}")
    messages.info(request, KEPT)
    return redirect("consult:amend", copy.intake.code)


def keep(copy: WorkingCopy, part: Part, form: QuestionsForm, seen: int | None) -> IntakeSection:
    return reopened.save_answers(
        copy.intake,
        step=part.step.id,
        answers=form.answers,
        cleared=form.cleared,
        seen=seen,
        now=timezone.now(),
    )


def autosave(copy: WorkingCopy, part: Part, form: QuestionsForm, seen: int | None) -> HttpResponse:
    """Keep what is valid while the person still types, as a draft's pages do."""
    form.is_valid()
    shown = part.version if seen is None else seen
    if form.has_news():
        if shown != part.version:
            return elsewhere()
        try:
            shown = keep(copy, part, form, seen).version
        except SavedElsewhere:
            return elsewhere()
    return HttpResponse(status=HTTPStatus.NO_CONTENT, headers={VERSION_HEADER: str(shown)})


def step_page(
    request: HttpRequest, copy: WorkingCopy, part: Part, form: QuestionsForm, version: int
) -> HttpResponse:
    context = {
        "intake": copy.intake,
        "step": part.step,
        "about": part.about,
        "form": form,
        "version": version,
        "urgent": urgent_messages(copy.questionnaire, form.everything_said()),
    }
    return page(request, "amend_step", context)


def changed_page(
    request: HttpRequest,
    copy: WorkingCopy,
    part: Part,
    form: QuestionsForm,
    error: SavedElsewhere,
) -> HttpResponse:
    stored = reopened.current(error.section)
    context: dict[str, Any] = {
        "step": part.step,
        "title": part.step.title,
        "rows": rows_side_by_side(part.step, error.questions, stored, form.answers),
        "version": error.section.version,
        "entered": posted_again(request, form),
        "the_rest_is_saved": True,
        "urgent": urgent_messages(copy.questionnaire, form.everything_said()),
    }
    status = HTTPStatus.CONFLICT
    return render(request, "consult/intake/changed.html", context, status=status)


@with_own_form
@require_http_methods(["GET", "HEAD", "POST"])
def amend_urgent(request: HttpRequest, intake: Intake) -> HttpResponse:
    """The full-page card after an answer that cannot wait; what was entered is kept."""
    copy = copy_of(intake)
    cards = urgent_messages(copy.questionnaire, dict(copy.answers))
    if request.method == "POST":
        by_mistake = request.POST.get("choice") == "mistake"
        shown = request.POST.getlist("card")
        amending.leave_card(intake, cards=shown, by_mistake=by_mistake, now=timezone.now())
        return redirect("consult:amend", intake.code)
    if not cards or (copy.request is None and not copy.parts):
        return redirect("consult:amend", intake.code)
    return render(request, "consult/intake/urgent.html", {"cards": cards})
