"""Which form a browser is busy with: named in its session, or owned by the person signed in."""

from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone

from consult.access import not_sent_yet, public
from consult.intake.pages import urgent_messages
from consult.intake.refusals import NotAllowed
from consult.models import Intake
from consult.questions import QuestionsForm, named_in
from consult.rules.promises import DRAFTS_LIVE
from consult.rules.published import load_questionnaire

P = ParamSpec("P")
DraftView = Callable[Concatenate[HttpRequest, Intake, P], HttpResponse]

DRAFT, SENT = "draft", "sent"
AUTOSAVE = "autosave"


def draft_of(request: HttpRequest) -> Intake | None:
    """The draft that this browser started, else the newest that belongs to who is signed in."""
    found = None
    if key := request.session.get(DRAFT):
        found = Intake.objects.drafts().filter(pk=key).first()
        if found is None:
            no_longer_a_draft(request)
    if found is None and request.user.is_authenticated:
        found = Intake.objects.for_actor(request.user).drafts().filter(owner=request.user).last()
    return found


def no_longer_a_draft(request: HttpRequest) -> None:
    """Erased; or sent from another browser, and then this one sees as well how it fares."""
    key = request.session.pop(DRAFT)
    if Intake.objects.filter(pk=key).exclude(submitted_at=None).exists():
        request.session[SENT] = key


def not_of_anybody(request: HttpRequest) -> dict[str, str]:
    """What of the session outlives a sign-in that ends: a draft that no account holds yet."""
    key = str(request.session.get(DRAFT, ""))
    alone = key and Intake.objects.drafts().filter(pk=key, owner=None).exists()
    return {DRAFT: key} if alone else {}


def remember_draft(request: HttpRequest, intake: Intake) -> None:
    request.session.cycle_key()
    request.session[DRAFT] = str(intake.pk)


def remember_sent(request: HttpRequest, intake: Intake) -> None:
    """From now on this browser sees how the form fares, no longer its answers."""
    request.session.pop(DRAFT, None)
    request.session[SENT] = str(intake.pk)


def own_sent(request: HttpRequest) -> list[Intake]:
    """The forms that the person who is signed in has sent, the newest first."""
    if not request.user.is_authenticated:
        return []
    own = Intake.objects.for_actor(request.user).filter(owner=request.user)
    return list(own.exclude(submitted_at=None).order_by("-submitted_at"))


def sent_from(request: HttpRequest) -> list[Intake]:
    """Submitted forms whose standing may be told: the person's own, and the one this browser sent.

    What shows or takes words about health after that is for `own_sent`: whoever comes to a shared
    device finds no more than the reference, what happens next, and advice that cannot wait.
    """
    rows = Intake.objects.none()
    if request.user.is_authenticated:
        rows = Intake.objects.for_actor(request.user).filter(owner=request.user)
    if key := request.session.get(SENT):
        rows = rows | Intake.objects.filter(pk=key)
    return list(rows.exclude(submitted_at=None).order_by("-submitted_at"))


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


def with_draft_to_fill(view: DraftView[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """As `with_draft`; what was typed while the session ended is kept on the page."""
    inner = with_draft(view)

    @wraps(inner)
    def kept(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        typed = request.method == "POST" and AUTOSAVE not in request.POST
        if typed and draft_of(request) is None and not sent_from(request):
            return not_saved_yet(request, "ended")
        return inner(request, *args, **kwargs)

    return public(kept)


def not_saved_yet(request: HttpRequest, why: str) -> HttpResponse:
    """Nothing may be stored that no form with an agreement takes; advice that cannot wait is
    given all the same."""
    return not_sent_yet(request, why, urgent=urgent_in(request.POST))


def urgent_in(posted: QueryDict) -> list[Any]:
    """Advice that cannot wait for the answers to be stored."""
    questionnaire = load_questionnaire()
    groups = [group for step in questionnaire.steps for group in step.groups]
    today, named = timezone.localdate(), named_in(posted)
    form = QuestionsForm(questionnaire, groups, stored={}, today=today, only=named, data=posted)
    form.is_valid()
    return urgent_messages(questionnaire, form.everything_said())


def erased_on(intake: Intake) -> date:
    """The day on which the draft is erased if nobody changes or sends it, where the person is."""
    zone = str(intake.contact.get("time_zone") or settings.TIME_ZONE)
    return (intake.saved_at + DRAFTS_LIVE).astimezone(ZoneInfo(zone)).date()


def kept_for_later(request: HttpRequest, intake: Intake) -> HttpResponse:
    intake.refresh_from_db(fields=["saved_at"])
    day = erased_on(intake)
    messages.success(
        request,
        "Your answers are saved, and you can come back to them here. If you do not come back, "
        f"they are erased on {day.day} {day:%B %Y}.",
    )
    return redirect("consult:tasks")
