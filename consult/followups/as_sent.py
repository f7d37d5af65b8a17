"""What was handed over, kept in the letter's row: what really left, not what today's data say.

The mail's two forms say the same, so only the plain one is kept. A letter about signing in carries
a secret, and nothing of it is kept.
"""

from dataclasses import dataclass
from typing import Any

from django.core.mail import EmailMultiAlternatives

from consult.fields import Sealed, seal
from consult.models import Message
from consult.rules.calendar import facts_of

CALENDAR = "text/calendar"


@dataclass(frozen=True, slots=True)
class AsSent:
    subject: str
    text: str
    files: tuple[str, ...] = ()


def keeping(message: Message, email: EmailMultiAlternatives) -> dict[str, Sealed]:
    """For the UPDATE that begins the hand-over, so that keeping it costs no commit of its own."""
    if message.intake_id is None:
        return {}
    field = Message._meta.get_field("as_sent")
    files = [file_in_words(*one) for one in email.attachments]
    said = {"subject": str(email.subject), "text": str(email.body), "files": files}
    return {"as_sent": seal(field.dump(said), bound_to=field.bound_to(message))}


def file_in_words(name: str, content: Any, kind: str | None) -> str:
    """appointment.ics (24 November 2026, 10:00 to 10:45, America/Tijuana)"""
    facts = facts_of(content) if (kind or "").startswith(CALENDAR) else ""
    return f"{name} ({facts})" if facts else name


def kept(message: Message) -> AsSent | None:
    """None for what left before words were kept, and for what never left. Raises Tampered."""
    said = message.as_sent
    return AsSent(said["subject"], said["text"], tuple(said["files"])) if said else None
