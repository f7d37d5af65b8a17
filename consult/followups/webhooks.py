"""The address to which the mail provider posts. django-anymail checks that it is the provider and
reads what it says; what that means for a letter is in `outcomes`."""

import uuid
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

import structlog
from anymail.signals import AnymailTrackingEvent, tracking
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.module_loading import import_string

from consult.followups import outcomes
from consult.followups.outcomes import Said

LARGEST = 256 * 1024  # bytes of one post
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError)

log = structlog.get_logger("consult.outbox")
View = Callable[..., HttpResponse]


def webhook_of(provider: str) -> list[URLPattern]:
    """The one address of this provider; none where none is listened to."""
    if not provider:
        return []
    name = f"{provider.capitalize()}TrackingWebhookView"
    view = import_string(f"anymail.webhooks.{provider}.{name}").as_view()
    return [path(f"webhooks/{provider}/", bounded(view), name="mail_webhook")]


def bounded(view: View) -> View:
    """A post that is too long, or that nobody can read, is refused and never breaks anything."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST:
            return HttpResponse(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        try:
            return view(request, *args, **kwargs)
        except UNREADABLE as error:
            log.warning("webhook not understood", kind=type(error).__name__)
            return HttpResponse(status=HTTPStatus.BAD_REQUEST)

    return guarded


@receiver(tracking, dispatch_uid="consult.outcomes")
def heard(sender: object, event: AnymailTrackingEvent, esp_name: str, **_: object) -> None:
    now, kind, about = timezone.now(), str(event.event_type), str(event.message_id or "")
    at = event.timestamp or now
    key = outcomes.event_key(
        esp_name, event.event_id, kind, about, event.recipient, event.timestamp
    )
    row = row_named(event.metadata)
    outcomes.hear(Said(kind=kind, about=about, row=row, event_id=key, at=at), now=now)


def row_named(metadata: object) -> str:
    """Our own name for the letter, if the provider gives it back as it got it."""
    named = metadata.get("letter") if isinstance(metadata, dict) else None
    try:
        return str(uuid.UUID(str(named)))
    except ValueError:
        return ""
