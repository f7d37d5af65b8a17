"""A session ends when nobody is at work in it, and in any case after half a day."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth import SESSION_KEY, logout, user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from consult.access import not_sent_yet
from consult.intake.drafts import AUTOSAVE, not_of_anybody
from portal.middleware import PRIVATE, View

STAFF, PATIENT = timedelta(minutes=15), timedelta(minutes=30)
ALTOGETHER = timedelta(hours=12)
WRITTEN_EVERY = timedelta(minutes=1)  # the mark is a write, so not with each request
SINCE, SEEN = "signed_in_at", "seen_at"  # in the session, in seconds
WORDS = "/staff/"  # where what staff typed is worth keeping on the page


def now() -> int:
    return int(timezone.now().timestamp())


@receiver(user_logged_in)
def begin(request: HttpRequest | None, **_: Any) -> None:
    if request is not None:
        request.session[SINCE] = request.session[SEEN] = now()


def idle_sessions(get_response: View) -> View:
    """Signs out who has not been at work for a while; a page that asks by itself is no work."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if not is_signed_in(request):
            return get_response(request)
        if is_over(request):
            return end(request) or get_response(request)
        response = get_response(request)
        if is_signed_in(request) and is_work(request):
            keep_going(request)
        return response

    return middleware


def is_signed_in(request: HttpRequest) -> bool:
    return request.path.startswith(PRIVATE) and SESSION_KEY in request.session


def is_over(request: HttpRequest) -> bool:
    at = now()
    idle = timedelta(seconds=at - request.session.get(SEEN, at))
    since = timedelta(seconds=at - request.session.get(SINCE, at))
    if since > ALTOGETHER or idle > PATIENT:
        return True
    # Only here is it worth a query who it is.
    return idle > STAFF and request.user.is_authenticated and request.user.works_here


def is_work(request: HttpRequest) -> bool:
    """Not what a page asks or saves by itself. No parameter of an address changes it."""
    match = request.resolver_match
    if match is None or getattr(match.func, "asked_by_itself", False):
        return False
    return request.method != "POST" or AUTOSAVE not in request.POST


def keep_going(request: HttpRequest) -> None:
    at, session = now(), request.session
    if SINCE not in session:
        session[SINCE] = at
    if SEEN not in session or at - session[SEEN] >= WRITTEN_EVERY.total_seconds():
        session[SEEN] = at


def end(request: HttpRequest) -> HttpResponse | None:
    """Sign out. What was typed stays on the page, with the way to sign in; None where the view
    says so itself, or where nobody has to be known."""
    worked_here = request.user.is_authenticated and request.user.works_here
    own_life = not_of_anybody(request)
    logout(request)
    request.session.update(own_life)
    if request.method == "POST":
        keep = worked_here and request.path.startswith(WORDS)
        return not_sent_yet(request, "idle") if keep else None
    sign_in = reverse("account_login" if worked_here else "consult:sign_in")
    open_to_all = {sign_in, reverse("consult:start")}
    if own_life or request.path in open_to_all or request.path.startswith("/accounts/"):
        return None
    return redirect(with_query(sign_in, next=way_back(request, worked_here), why="idle"))


def way_back(request: HttpRequest, worked_here: bool) -> str:
    """Patients go through the page that ties forms of their address to them."""
    here = request.get_full_path()
    return here if worked_here else with_query(reverse("consult:after_sign_in"), next=here)


def with_query(address: str, **values: str) -> str:
    return f"{address}?{urlencode(values)}"
