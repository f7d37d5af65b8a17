"""A mail provider's answers, in the outbox's own codes. Never its words: they can name a person."""

from anymail.exceptions import AnymailAPIError, AnymailRecipientsRefused
from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from consult.models import Message

RECIPIENT_REFUSED = "provider_recipient"  # it takes no letters to this address
AWAY = "provider_away"  # no answer: it may have taken the letter all the same
OUR_FAULT = frozenset({401, 403})  # the key is wrong, or the account is closed


def once_only(message: Message) -> dict[str, str]:
    """The header by which a provider that takes one knows a letter that it has already."""
    header = settings.MAIL_ONCE_ONLY_HEADER
    return {header: str(message.pk)} if header else {}


def knows_it_already(error: Exception) -> bool:
    """Brevo's answer to a letter whose key it has seen. It says nothing of what became of the
    first: who asks has to know that its answer was lost."""
    response = getattr(error, "response", None)
    if not isinstance(error, AnymailAPIError) or response is None:
        return False
    try:
        return bool(response.json()["code"] == "duplicate_parameter")
    except (ValueError, KeyError, TypeError):
        return False


def id_given(email: EmailMultiAlternatives) -> str:
    """The provider's own name for a letter that it took; "" where a plain mail server took it."""
    status = getattr(email, "anymail_status", None)
    return str(status.message_id or "")[:120] if status else ""


def code_of(error: Exception) -> str:
    """provider_recipient, provider_429 or provider_away; "" for what no provider said."""
    if isinstance(error, AnymailRecipientsRefused):
        return RECIPIENT_REFUSED
    if not isinstance(error, AnymailAPIError):
        return ""
    status = getattr(error, "status_code", None)
    return f"provider_{status}" if status else AWAY


def refuses_us(error: Exception) -> bool:
    """Whatever the letter: no other would do better."""
    return isinstance(error, AnymailAPIError) and getattr(error, "status_code", None) in OUR_FAULT
