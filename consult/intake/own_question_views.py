"""The person's own questions for the consultation: add, change, take off the list."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from consult.access import public, signed_in
from consult.intake import own_questions as actions
from consult.intake.after_views import read_together, related
from consult.intake.drafts import draft_of, not_saved_yet, own_sent
from consult.intake.own_question_forms import AskForm, WordsForm
from consult.intake.reading import suggestions_for, topics_of
from consult.intake.refusals import NotAllowed
from consult.models import Intake, OwnQuestion
from consult.rules.published import load_suggestions


@public
@require_http_methods(["GET", "HEAD", "POST"])
def own_questions(request: HttpRequest) -> HttpResponse:
    intakes = own_sent(request)
    if not intakes:
        return sign_in_first(request)
    if request.method != "POST":
        return page(request, intakes)
    intake = next((one for one in intakes if one.code == request.POST.get("form")), None)
    if intake is None:
        raise Http404
    if key := request.POST.get("remove"):
        return removed(request, intakes, intake, key)
    return added(request, intakes, intake)


def sign_in_first(request: HttpRequest) -> HttpResponse:
    """Nothing is open here: what was typed while the sign-in ended stays on the page."""
    if request.method == "POST" and not request.user.is_authenticated:
        return not_saved_yet(request, "ended")
    return redirect("consult:tasks" if draft_of(request) else "consult:sign_in")


def added(request: HttpRequest, intakes: list[Intake], intake: Intake) -> HttpResponse:
    # Any suggestion may come, also one that is on the list already: a second click changes nothing.
    form = AskForm(load_suggestions().all, request.POST, of=intake)
    if not form.is_valid():
        return page(request, intakes, form, of=intake, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    picked, words = form.cleaned_data["picked"], form.cleaned_data["words"]
    try:
        new = actions.add(
            intake, picked=picked, words=words, by=signed_in(request), now=timezone.now()
        )
    except actions.TooMany as refusal:
        form.add_error(None, str(refusal))
        return page(request, intakes, form, of=intake, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    except NotAllowed:
        return page(request, intakes, form, of=intake, status=HTTPStatus.CONFLICT)
    messages.success(request, "Your list is saved." if new else "This was on your list already.")
    return redirect("consult:own_questions")


def removed(request: HttpRequest, intakes: list[Intake], intake: Intake, key: str) -> HttpResponse:
    try:
        actions.remove(intake, key, by=signed_in(request), now=timezone.now())
    except NotAllowed:
        return page(request, intakes, status=HTTPStatus.CONFLICT)
    messages.success(request, "The question is off your list.")
    return redirect("consult:own_questions")


@public
@require_http_methods(["GET", "HEAD", "POST"])
def own_question(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One question, to put in other words."""
    if not request.user.is_authenticated:
        return sign_in_first(request)
    intakes = own_sent(request)
    mine = OwnQuestion.objects.filter(intake__in=[one.pk for one in intakes])
    question = get_object_or_404(mine.select_related("intake"), pk=pk)
    posted = request.POST if request.method == "POST" else None
    form = WordsForm(posted, initial={"words": question.words})
    status, refused = HTTPStatus.OK, ""
    if form.is_valid():
        try:
            words = form.cleaned_data["words"]
            actions.change(question, words=words, by=signed_in(request), now=timezone.now())
        except NotAllowed as refusal:
            status, refused = HTTPStatus.CONFLICT, str(refusal)
        else:
            messages.success(request, "Your question is saved.")
            return redirect("consult:own_questions")
    elif form.is_bound:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    context = {"form": form, "refused": refused}
    return render(request, "consult/intake/own_question.html", context, status=status)


def page(
    request: HttpRequest,
    intakes: list[Intake],
    form: AskForm | None = None,
    *,
    of: Intake | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """Each form with its list; what was typed for one of them stays."""
    read_together(intakes)
    lists = [listed(one, form if one == of else None) for one in intakes]
    context = {"lists": lists, "form": form, "refused": status == HTTPStatus.CONFLICT}
    return render(request, "consult/intake/own_questions.html", context, status=status)


def listed(intake: Intake, posted: AskForm | None) -> dict[str, object]:
    questions = related(intake, "own_questions")
    closed = actions.why_closed(intake, related(intake, "appointments"), now=timezone.now())
    topics = topics_of(next(iter(related(intake, "assessments")), None))
    offered = suggestions_for(topics, {one.suggestion for one in questions})
    form = posted or AskForm(offered, of=intake)
    if posted:
        posted.offer(offered)
    return {"intake": intake, "questions": questions, "closed": closed, "form": form}
