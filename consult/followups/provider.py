"""A mail provider's answers, in the outbox's own codes. Never its words: they can name a person."""

from anymail.exceptions import AnymailAPIError, AnymailRecipientsRefused
from django.core.mail import EmailMultiAlternatives

RECIPIENT_REFUSED = "provider_recipient"  # it takes no letters to this address
AWAY = "provider_away"  # no answer: it may have taken the letter all the same
OUR_FAULT = frozenset({401, 403})  # the key is wrong, or the account is closed


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
