"""Error pages that say nothing of the inside; all but one need no database and no session."""

from http import HTTPStatus

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from consult.intake.drafts import not_saved_yet

TYPED_ON = {
    f"consult:{name}"
    for name in (
        *("step", "step_part", "contact", "carer", "understanding", "check"),
        *("amend_step", "changes", "own_questions", "own_question", "agreements"),
        *("book_confirm", "appointment_cancel", "waitlist"),
    )
}


def page(request: HttpRequest, status: HTTPStatus) -> HttpResponse:
    return render(request, f"{status.value}.html", status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return page(request, HTTPStatus.BAD_REQUEST)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return page(request, HTTPStatus.FORBIDDEN)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return page(request, HTTPStatus.NOT_FOUND)


@login_not_required
def closed(request: HttpRequest) -> HttpResponse:
    """An address that a library offers and this portal does not."""
    return page(request, HTTPStatus.NOT_FOUND)


def server_error(request: HttpRequest) -> HttpResponse:
    return page(request, HTTPStatus.INTERNAL_SERVER_ERROR)


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Signing in or out makes the token of every open page stale. What was typed on one of the
    form's is not lost by that: it comes back to be posted once more, if our own page posted it."""
    resolved = request.resolver_match
    if resolved and resolved.view_name in TYPED_ON and from_our_own_page(request):
        return not_saved_yet(request, "page")
    return render(request, "403_csrf.html", status=HTTPStatus.FORBIDDEN)


def from_our_own_page(request: HttpRequest) -> bool:
    """As the browser says it; no page can make it say so of another site's."""
    own = f"{request.scheme}://{request.get_host()}"
    return request.headers.get("Origin") == own
