"""What an editor typed is saved as a draft before a request to publish it is refused."""

from copy import copy
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.messages.storage import default_storage
from django.http import HttpRequest, HttpResponse
from django.urls import resolve
from wagtail.admin.views.pages.create import CreateView
from wagtail.admin.views.pages.edit import EditView
from wagtail.models import Page

from content.editing.form import asks_to_publish

ACTIONS = ("action-", "workflow-action-name")


def edit(request: HttpRequest, page: Page) -> HttpResponse | None:
    """Saves the draft and shows the refusals; None where there is none and Wagtail goes on."""
    if not _is_first_try(request) or not _is_refused(request, page, page.get_parent()):
        return None
    saved = EditView.as_view()(_as_draft(request), page.pk)
    if saved.status_code != HTTPStatus.FOUND:
        return None  # not even a draft can be made of it; Wagtail says why
    return _refuse(request, page.pk)


def create(request: HttpRequest, parent: Page, kind: type[Page]) -> HttpResponse | None:
    if not _is_first_try(request) or not _is_refused(request, _new(request, kind), parent):
        return None
    place = (kind._meta.app_label, kind._meta.model_name, parent.pk)
    saved = CreateView.as_view()(_as_draft(request), *place)
    if saved.status_code != HTTPStatus.FOUND:
        return None
    return _refuse(request, resolve(urlsplit(saved["Location"]).path).kwargs["page_id"])


def _is_first_try(request: HttpRequest) -> bool:
    return (
        request.method == "POST"
        and asks_to_publish(request.POST)
        and not hasattr(request, "draft_is_kept")
    )


def _new(request: HttpRequest, kind: type[Page]) -> Page:
    return kind(owner=request.user)


def _is_refused(request: HttpRequest, page: Any, parent: Page) -> bool:
    fresh = page.get_latest_revision_as_object() if page.pk else page
    fresh.locale = parent.locale
    form_class = type(fresh).get_edit_handler().get_form_class()
    form = form_class(
        request.POST, request.FILES, instance=fresh, parent_page=parent, for_user=request.user
    )
    return not form.is_valid()


def _as_draft(request: HttpRequest) -> HttpRequest:
    """The same request without the wish to publish."""
    draft = copy(request)
    draft.resolver_match = request.resolver_match
    typed = request.POST.copy()
    for name in list(typed):
        if name.startswith(ACTIONS):
            del typed[name]
    draft.POST = typed  # type: ignore[assignment]
    # “Has been updated” would read as if it had been published: nobody sees these messages.
    draft._messages = default_storage(draft)  # type: ignore[attr-defined]
    return draft


def _refuse(request: HttpRequest, pk: int) -> HttpResponse:
    """The form again, each refusal in its place."""
    messages.warning(
        request, "Not published. What you wrote is kept as a draft; what it still needs is below."
    )
    request.draft_is_kept = True  # type: ignore[attr-defined]
    response: HttpResponse = EditView.as_view()(request, pk)
    return response
