"""What staff see of the messages with a person, and the words that messages begin with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from consult import audit
from consult.dashboard.talking_words import refuse_unknown
from consult.models import Intake, MessageTemplate, PortalMessage, User

ON_THE_CASE = 3  # messages, the latest


@dataclass(frozen=True, slots=True)
class Talk:
    """The messages about one form, oldest first; drafts are their writer's own and not here."""

    messages: Sequence[PortalMessage]
    unread: int  # written by the person

    @property
    def latest(self) -> Sequence[PortalMessage]:
        return self.messages[-ON_THE_CASE:]

    @property
    def earlier(self) -> int:
        return len(self.messages) - len(self.latest)


def talk_of(intake: Intake) -> Talk:
    rows = PortalMessage.objects.filter(intake=intake).exclude(sent_at=None).select_related("by")
    found = list(rows.order_by("sent_at", "pk"))
    return Talk(found, sum(not one.from_staff and one.read_at is None for one in found))


def may_write(intake: Intake, user: User) -> bool:
    return intake.state != Intake.State.WITHDRAWN and intake.owner_id != user.pk


class NameTaken(Exception):
    """Another template has this name."""


def save_template(
    template: MessageTemplate | None,
    *,
    name: str,
    words: str,
    is_active: bool,
    by: User,
    now: datetime,
) -> MessageTemplate:
    """Keep a new template (None), or an old one in new words.

    Raises CannotFill for a placeholder that there is not, NameTaken for a name in use.
    """
    refuse_unknown(words)
    kept = template or MessageTemplate()
    kept.name, kept.words, kept.is_active = name, words, is_active
    kept.changed_by, kept.changed_at = by, now
    try:
        with transaction.atomic():
            kept.save()
            audit.record(by=by, did="saved a message template", to=kept, now=now)
    except IntegrityError as error:
        raise NameTaken from error
    return kept
