"""Who may open a view. Which rows they then see is `for_actor` on each queryset."""

import time
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec

from allauth.account.authentication import get_authentication_records
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from consult.models import Role, User

P = ParamSpec("P")
TOKEN = "csrfmiddlewaretoken"  # noqa: S105 - the name of a field
RECENT = timedelta(minutes=15)
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def staff(*roles: Role) -> Callable[[View[P]], View[P]]:
    """For people who hold one of the roles; to everybody else the page does not exist."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not signed_in(request).has_role(*roles):
                raise Http404
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def public(view: View[P]) -> View[P]:
    """Open to everybody. Every other view asks for a sign-in."""
    return login_not_required(view)


def asked_by_itself(view: View[P]) -> View[P]:
    """For what a page asks without anybody at work: it keeps no session going."""
    view.asked_by_itself = True  # type: ignore[attr-defined]
    return view


def signed_in(request: HttpRequest) -> User:
    """The person behind a request that the sign-in middleware let through."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def known(request: HttpRequest) -> User | None:
    """Who has signed in, if anybody."""
    return request.user if isinstance(request.user, User) else None


def signed_in_recently(request: HttpRequest) -> bool:
    """Whether the person showed within the last minutes that it is them."""
    records = get_authentication_records(request, signed_in(request))
    latest = max((float(one.get("at", 0)) for one in records), default=0.0)
    return time.time() - latest < RECENT.total_seconds()


def not_sent_yet(request: HttpRequest, why: str, **more: object) -> HttpResponse:
    """A page that holds what was posted, to post it again once that can be taken.

    It stays in the person's browser: nothing may be stored for somebody who is not known.
    """
    entered = [
        (name, str(value))
        for name, values in request.POST.lists()
        if name != TOKEN
        for value in values
    ]
    context = {"entered": entered, "why": why, **more}
    return render(request, "consult/intake/not_saved.html", context, status=HTTPStatus.CONFLICT)
