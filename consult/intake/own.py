"""A person's own form after it was sent: its answers are shown after a sign-in only."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from consult.access import public, signed_in
from consult.intake.drafts import not_saved_yet
from consult.intake.refusals import NotAllowed
from consult.models import Intake

P = ParamSpec("P")
OwnView = Callable[Concatenate[HttpRequest, Intake, P], HttpResponse]


def with_own_form(view: OwnView[P]) -> Callable[Concatenate[HttpRequest, str, P], HttpResponse]:
    """Hands the view the form of this code, if it is the signed-in person's and was sent.

    Foreign and unknown codes do not exist. What is not open any more is told on a page.
    """

    @wraps(view)
    def found(request: HttpRequest, code: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            if request.method == "POST":
                return not_saved_yet(request, "ended")
            return redirect("consult:sign_in")
        intake = own_form(request, code)
        if intake is None:
            raise Http404
        try:
            return view(request, intake, *args, **kwargs)
        except NotAllowed as refusal:
            return closed_page(request, intake, str(refusal))

    return public(found)


def own_form(request: HttpRequest, code: str) -> Intake | None:
    user = signed_in(request)
    own = Intake.objects.for_actor(user).filter(owner=user, submitted_at__isnull=False)
    return own.filter(code=code).first() if code.isalnum() else None


def closed_page(request: HttpRequest, intake: Intake, why: str) -> HttpResponse:
    context = {"intake": intake, "why": why}
    status = HTTPStatus.CONFLICT
    return render(request, "consult/intake/amend_closed.html", context, status=status)
