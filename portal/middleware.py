"""What holds for every request: an id, staff with a second factor, private pages uncached."""

import logging
import traceback
import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import structlog
from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.cache import add_never_cache_headers

from content.serving.gone import was_public
from content.serving.pagecache import is_page
from portal.errors import page

View = Callable[[HttpRequest], HttpResponse]
log = structlog.get_logger("portal.request")

# Pages that belong to somebody. On all others nothing reads the session, so that they can be kept.
PRIVATE = ("/consult/", "/staff/", "/accounts/", "/admin/", "/cms/")
# Exceptions that are answers: not there, not allowed, not understood.
ANSWERED = (Http404, PermissionDenied, SuspiciousOperation)
# Where staff without a second factor may go: to set one up, or out.
WITHOUT_SECOND_FACTOR = ("/accounts/",)


class request_id:
    """Gives each request an id for its log lines, and logs failures without their data."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        structlog.contextvars.clear_contextvars()
        request.request_id = uuid.uuid4().hex  # type: ignore[attr-defined]
        structlog.contextvars.bind_contextvars(request=request.request_id)  # type: ignore[attr-defined]
        response = self.get_response(request)
        if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            log.error("answered", status=response.status_code, route=route_of(request))
        response["X-Request-ID"] = request.request_id  # type: ignore[attr-defined]
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        if isinstance(exception, ANSWERED):
            return
        # The places only: an exception's text and its locals may hold what a person typed.
        frames = [
            f"{frame.filename.rpartition('/')[2]}:{frame.lineno}:{frame.name}"
            for frame in traceback.extract_tb(exception.__traceback__)[-8:]
        ]
        log.log(
            logging.ERROR,
            "failed",
            kind=type(exception).__qualname__,
            route=route_of(request),
            frames=" < ".join(reversed(frames)),
        )


def route_of(request: HttpRequest) -> str:
    match = request.resolver_match
    return match.route if match else "none"


class LoginRequired(LoginRequiredMiddleware):
    """Django's, in the other order: a view for everybody is let through before anybody asks who
    it is, so that a public page reads no session and is the same for all."""

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        view_args: tuple[Any, ...],
        view_kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        if not getattr(view_func, "login_required", True):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)


def staff_second_factor(get_response: View) -> View:
    """Staff go no further than setting up their second factor until they have one."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if (
            request.path.startswith(PRIVATE)
            and not request.path.startswith(WITHOUT_SECOND_FACTOR)
            and lacks_second_factor(request)
        ):
            return redirect("mfa_activate_totp")
        return get_response(request)

    return middleware


def lacks_second_factor(request: HttpRequest) -> bool:
    user = request.user
    return user.is_authenticated and user.works_here and not is_mfa_enabled(user)


def private_pages(get_response: View) -> View:
    """Nothing that belongs to somebody is ever kept by a browser or a proxy."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.path.startswith(PRIVATE):
            add_never_cache_headers(response)
        return response

    return middleware


def gone(get_response: View) -> View:
    """Where a page was public once and nothing stands now, says that it is gone."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if (
            response.status_code == HTTPStatus.NOT_FOUND
            and is_page(request)
            and was_public(request.path)
        ):
            return page(request, HTTPStatus.GONE)
        return response

    return middleware
