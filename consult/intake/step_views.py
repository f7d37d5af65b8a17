"""One page of a part of the form: shown, saved at once, saved while typing. Fetch, form, action,
redirect."""

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from consult.access import public
from consult.intake import actions
from consult.intake.actions import CONSENT_TO_STORE, NotAllowed, SavedElsewhere
from consult.intake.drafts import AUTOSAVE, kept_for_later, not_saved_yet, with_draft_to_fill
from consult.intake.pages import (
    SAVE_FOR_LATER,
    address,
    answered_for,
    page,
    urgent_messages,
)
from consult.intake.progress import next_page
from consult.intake.summary import rows_side_by_side
from consult.models import Intake, IntakeSection
from consult.questions import SHOWN, QuestionsForm, named_in
from consult.rules.published import load_questionnaire
from consult.rules.questionnaire import Question, Questionnaire, Step, pages
from content.topics import kept_pages_for

SEEN = "version"  # of the section, as it was when the page was made
VERSION_HEADER = "X-Section-Version"
AGREE_FIRST = "Please begin with the first part: it asks for your agreement."


@dataclass(frozen=True, slots=True)
class Place:
    """One page of one step, and where it leads when it is done."""

    questionnaire: Questionnaire
    step: Step
    part: int  # counted from one
    back: str  # "step" or "all": the page of answers from which the person came to change one

    @property
    def questions(self) -> tuple[Question, ...]:
        return pages(self.step)[self.part - 1]

    @property
    def is_first(self) -> bool:
        return self.part == 1 and self.step is self.questionnaire.steps[0]

    @property
    def behind(self) -> str:
        """Where the link at the top leads."""
        if self.back:
            return self.checked
        return address(self.step, self.part - 1) if self.part > 1 else reverse("consult:tasks")

    @property
    def checked(self) -> str:
        if self.back == "all":
            return reverse("consult:check")
        return reverse("consult:step_check", args=[self.step.id])


@with_draft_to_fill
@require_http_methods(["GET", "HEAD", "POST"])
def step(request: HttpRequest, intake: Intake, name: str, part: int = 1) -> HttpResponse:
    prefetch_related_objects([intake], "sections")
    stored = intake.answers()
    place = place_or_404(request, load_questionnaire(intake.questionnaire), name, part)
    if not stored.get(CONSENT_TO_STORE):
        if AUTOSAVE in request.POST:
            return HttpResponse(status=HTTPStatus.NO_CONTENT)  # nothing is kept before it
        if not place.is_first:
            return agree_first(request, place)
    form = QuestionsForm(
        place.questionnaire,
        place.step.groups,
        stored=stored,
        today=timezone.localdate(),
        links=kept_pages_for(topics_of(place.questions)),
        only={one.id for one in place.questions} | named_in(request.POST),
        data=request.POST if request.method == "POST" else None,
    )
    version = version_of(intake, place.step)
    if request.method != "POST":
        return step_page(request, place, form, version)
    if AUTOSAVE in request.POST:
        return autosave(request, intake, place.step, form, version)
    return save(request, intake, place, form, version)


@public
@require_http_methods(["GET", "HEAD", "POST"])
def step_part(request: HttpRequest, name: str, part: int) -> HttpResponse:
    """The further pages of a step. The first has the step's own address, and no other."""
    if part == 1:
        raise Http404
    return step(request, name, part)


def place_or_404(request: HttpRequest, questionnaire: Questionnaire, name: str, part: int) -> Place:
    this = step_or_404(questionnaire, name)
    if not 1 <= part <= len(pages(this)):
        raise Http404
    back = request.GET.get("back")
    return Place(questionnaire, this, part, "" if back is None else "step" if back else "all")


def agree_first(request: HttpRequest, place: Place) -> HttpResponse:
    if request.method == "POST":
        return not_saved_yet(request, "agreement")
    messages.info(request, AGREE_FIRST)
    return redirect("consult:step", place.questionnaire.steps[0].id)


def save(
    request: HttpRequest, intake: Intake, place: Place, form: QuestionsForm, version: int
) -> HttpResponse:
    """Store what is valid, then say what is not; the emergency card goes before everything."""
    valid = form.is_valid()
    if not form.merged().get(CONSENT_TO_STORE):
        return step_page(request, place, form, version)
    seen = seen_version(request)
    try:
        section = store(intake, place.step, form, seen)
    except SavedElsewhere as error:
        return changed_page(request, place, form, error)
    if actions.urgent_unread(intake, form.merged()):
        return redirect("consult:urgent")
    if SAVE_FOR_LATER in request.POST:
        return kept_for_later(request, intake)
    if not valid:
        # A page that was out of date stays so: it does not show what came from elsewhere.
        shown = section.version if seen in {None, version} else seen
        return step_page(request, place, form, shown)
    return onward(request, place, form)


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
    request: HttpRequest, place: Place, form: QuestionsForm, error: SavedElsewhere
) -> HttpResponse:
    """Both answers side by side; the person chooses. What did not clash is saved already."""
    rows = rows_side_by_side(place.step, error.questions, error.section.answers, form.answers)
    context = {
        "title": place.step.title,
        "rows": rows,
        "version": error.section.version,
        "entered": posted_again(request, form),
        "the_rest_is_saved": True,
        "urgent": urgent_messages(place.questionnaire, form.everything_said()),
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


def onward(request: HttpRequest, place: Place, form: QuestionsForm) -> HttpResponse:
    if form.opened:
        many = len(form.opened) > 1
        messages.info(
            request,
            f"Saved. Your answers bring up {len(form.opened)} more "
            f"question{'s' if many else ''} on this page.",
        )
        query = f"?{request.GET.urlencode()}" if request.GET else ""
        return redirect(f"{request.path}{query}#div_id_{form.opened[0].id}")
    if not place.back:
        following = next_page(place.questionnaire, place.step, place.part, form.merged())
        if following:
            return redirect(address(place.step, following))
    return redirect(place.checked)


def step_page(
    request: HttpRequest, place: Place, form: QuestionsForm, version: int
) -> HttpResponse:
    answers = form.merged()
    context: dict[str, Any] = {
        "form": form,
        "version": version,
        "autosave": bool(form.stored.get(CONSENT_TO_STORE)),
        "step": place.step,
        "behind": place.behind,
        "back": place.back,
        "part": place.part,
        "parts": len(pages(place.step)),
        "number": place.questionnaire.steps.index(place.step) + 1,
        "total": len(place.questionnaire.steps),
        "for_whom": answered_for(answers),
        "urgent": urgent_messages(place.questionnaire, form.everything_said()),
        "nothing_saved": not answers.get(CONSENT_TO_STORE),
    }
    return page(request, "step", context)


def step_or_404(questionnaire: Questionnaire, name: str) -> Step:
    try:
        return questionnaire.step(name)
    except KeyError as error:
        raise Http404 from error


def topics_of(questions: tuple[Question, ...]) -> list[str]:
    return [topic for question in questions for topic in question.informs]
