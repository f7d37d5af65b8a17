"""Who may open the pages of booking, and which rows they find behind them."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from consult import audit
from consult.access import not_sent_yet, public, signed_in
from consult.models import Appointment, Intake, User

P = ParamSpec("P")
FOR = "for"  # staff name the form that they book with
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def patient(view: View[P]) -> View[P]:
    """For people who have signed in; others are asked to, with a code. What was typed while the
    session ended stays on their page."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            if request.method == "POST":
                return not_sent_yet(request, "ended", was_sent=True)
            return redirect("consult:sign_in")
        return view(request, *args, **kwargs)

    return public(guarded)


def case_of(request: HttpRequest) -> Intake | None:
    """Whom the appointment is for: oneself, or for staff the form that they name."""
    user, code = signed_in(request), request.GET.get(FOR, "")
    if code and user.is_care_team:
        named = get_object_or_404(Intake.objects.for_actor(user), code=code_or_404(code))
        note_look(request, named)
        return named
    return own_case(user)


def own_case(user: User) -> Intake | None:
    """The form that a time can be booked with, else the newest, to say why not."""
    own = Intake.objects.for_actor(user).filter(owner=user).order_by("-started_at")
    return own.filter(state=Intake.State.READY).first() or own.first()


def appointment_or_404(request: HttpRequest, code: str) -> Appointment:
    rows = Appointment.objects.for_actor(signed_in(request))
    named = rows.select_related("visit_type", "intake", "clinician")
    found = named.filter(code=code_or_404(code)).first()
    if found is None:
        raise Http404
    note_look(request, found.intake)
    return found


def note_look(request: HttpRequest, intake: Intake) -> None:
    """Staff who look at somebody's time, name and number are recorded."""
    user = signed_in(request)
    if request.method == "GET" and intake.owner_id != user.pk:
        now = timezone.now()
        audit.record(by=user, did="viewed intake", to=intake, now=now, part="appointment")


def code_or_404(code: str) -> str:
    """PostgreSQL refuses to be asked for some letters, so what no code can be is not looked up."""
    if not code.isalnum():
        raise Http404
    return code
