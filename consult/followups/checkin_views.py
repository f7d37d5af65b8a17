"""The questions after a treatment, and what the person does now, on one address."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from consult.access import not_sent_yet, public, signed_in
from consult.followups import checkin_answers, checkin_pages
from consult.followups.checkin_answers import ANSWERED, CANCELLED, OPEN, NotOpen
from consult.followups.checkin_pages import form_for
from consult.models import CheckIn
from consult.questions import QuestionsForm, named_in
from consult.rules.checkin_form import AT_ONCE, as_far_as_said
from consult.rules.checkins import assess_checkin
from consult.rules.published import load_checkins

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def patient(view: View[P]) -> View[P]:
    """For people who have signed in; others sign in with a code and come back here. Advice that
    cannot wait is given to whoever was signed out meanwhile, and what was typed stays."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        if request.method == "POST":
            return not_sent_yet(request, "ended", was_sent=True, urgent=urgent_in(request.POST))
        back = f"{reverse('consult:after_sign_in')}?{urlencode({'next': request.path})}"
        return redirect(f"{reverse('consult:sign_in')}?{urlencode({'next': back})}")

    return public(guarded)


def urgent_in(posted: QueryDict) -> list[Any]:
    """Advice on signs, whoever it is and whatever else is missing."""
    plan = load_checkins()
    form = checkin_pages.form_of(plan, plan.questions, posted, only=named_in(posted))
    form.is_valid()
    said = as_far_as_said(form.questionnaire, form.everything_said())
    judged = assess_checkin(said, plan)
    return checkin_pages.cards(judged, "") if judged.outcome in AT_ONCE else []


def own_or_404(request: HttpRequest, code: str) -> CheckIn:
    """The check-in of this code, if it is the signed-in person's own; staff read it elsewhere."""
    user = signed_in(request)
    rows = CheckIn.objects.for_actor(user).filter(treatment__intake__owner=user)
    named = rows.select_related("treatment__intake").filter(code=code)
    found = named.first() if code.isalnum() else None
    if found is None:
        raise Http404
    return found


@patient
@require_http_methods(["GET", "HEAD", "POST"])
def checkin(request: HttpRequest, code: str) -> HttpResponse:
    found, now = own_or_404(request, code), timezone.now()
    stands = checkin_answers.standing(found, now=now)
    if request.method == "POST":
        return posted(request, found)
    if stands == ANSWERED:
        context = checkin_pages.answered(found, now=now)
        return render(request, "consult/followups/checkin_answered.html", context)
    if stands != OPEN:
        return closed_page(request, found, stands)
    return form_page(request, found, form_for(found))


def posted(request: HttpRequest, found: CheckIn) -> HttpResponse:
    """What is complete is taken. What is not is taken too where it names a sign that cannot wait:
    nobody in an emergency has to finish a form."""
    now = timezone.now()
    form = form_for(found, request.POST)
    said = form.answers if form.is_valid() else None
    if said is None and checkin_answers.standing(found, now=now) == OPEN:
        said = checkin_pages.said_at_once(found, form, now=now)
        if said is None:
            return form_page(request, found, form)
    try:
        by = signed_in(request)
        checkin_answers.answer(found, said=said or {}, by=by, now=now)
    except NotOpen:
        found.refresh_from_db()
        stands = checkin_answers.standing(found, now=now)
        return closed_page(request, found, stands, status=HTTPStatus.CONFLICT)
    return redirect("consult:checkin", found.code)


def form_page(request: HttpRequest, found: CheckIn, form: QuestionsForm) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    context = checkin_pages.around(found) | {"form": form}
    return render(request, "consult/followups/checkin.html", context, status=status)


def closed_page(
    request: HttpRequest, found: CheckIn, stands: str, *, status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    context = checkin_pages.around(found) | {
        "is_cancelled": stands == CANCELLED,
        "opens": checkin_pages.opens_in_words(found),
    }
    return render(request, "consult/followups/checkin_closed.html", context, status=status)
