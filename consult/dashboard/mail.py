"""The mail desk: its rows, one letter's life, and the letter as it reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.mail import EmailMultiAlternatives

from consult.dashboard.listing import ROWS, Page, beyond, cut
from consult.dashboard.mail_filters import LATE_AFTER, MailFilters
from consult.dashboard.mail_words import STANDS, provider_words, reason_words
from consult.dashboard.words import event_words, masked
from consult.fields import Tampered
from consult.followups import as_sent
from consult.followups.letters import make
from consult.followups.wording import sent_in
from consult.models import Message, ProviderEvent, Status, Suppression, User
from consult.models.messages import AGAIN, PENDING, WAITING, MessageQuerySet

NEVER_SHOWN = "It carries a secret for the person who asked for it, so nobody else can read it."
NOT_OURS_YET = "It belongs to a form that has not been handed in. It is not ours to read."
DOES_NOT_OPEN = (
    "What was kept of this letter does not open: it was changed in the database, or its key is "
    "missing. Tell whoever runs the portal."
)
CANNOT_BE_MADE = (
    "This letter cannot be put together from what is stored now. If it waits, it is tried again, "
    "and in the end given up with a task."
)


@dataclass(frozen=True, slots=True)
class MailRow:
    """A letter as a line of the desk."""

    message: Message
    words: str
    to: str
    stands: str
    reason: str
    late: bool
    code: str  # of the form, where staff may open it


def row_of(message: Message, *, now: datetime) -> MailRow:
    return MailRow(
        message=message,
        words=event_words(message.event),
        to=masked(message.recipient),
        stands=STANDS[Status(message.status)],
        reason=reason_words(message.last_error),
        late=message.status in WAITING and message.not_before < now - LATE_AFTER,
        code=code_of(message),
    )


def code_of(message: Message) -> str:
    """The form's reference; none for what has not been handed in, which staff cannot open."""
    handed_in = message.intake is not None and message.intake.submitted_at is not None
    return message.intake.code if message.intake and handed_in else ""


def letters_for(user: User) -> MessageQuerySet:
    return Message.objects.for_actor(user).select_related("intake")


def page_of(
    user: User, filters: MailFilters, *, after: Message | None, now: datetime
) -> Page[Message]:
    rows = filters.apply(letters_for(user), now=now)
    pk = "-pk" if filters.order.startswith("-") else "pk"
    found = beyond(rows.order_by(filters.order, pk), after, filters.order)
    return cut(list(found[: ROWS + 1]))


# ------------------------------------------------------------------------------------- one letter
@dataclass(frozen=True, slots=True)
class Shown:
    """A letter as it was handed over, or made again from what is stored now; or why it is not
    shown."""

    subject: str = ""
    text: str = ""
    html: str = ""
    files: Sequence[str] = ()
    why_not: str = ""


def as_handed_over(message: Message) -> Shown | None:
    """Its own words at the last try; None where none were kept, or they are not staff's to read."""
    if message.intake is None or message.intake.submitted_at is None:
        return None
    try:
        said = as_sent.kept(message)
    except Tampered:
        return Shown(why_not=DOES_NOT_OPEN)
    return Shown(said.subject, said.text, files=said.files) if said else None


def may_still_go(message: Message) -> bool:
    return message.status in PENDING | {Status.HELD}


def shown(message: Message) -> Shown:
    if message.intake is None:
        return Shown(why_not=NEVER_SHOWN)
    if message.intake.submitted_at is None:
        return Shown(why_not=NOT_OURS_YET)
    copy = Message.objects.get(pk=message.pk)  # to make a letter notes its wording in the row
    try:
        email = make(copy, sent_in(message))
    except Exception:  # whatever keeps it from being sent is said, never shown
        return Shown(why_not=CANNOT_BE_MADE)
    return shown_email(email)


def shown_email(email: EmailMultiAlternatives) -> Shown:
    html = str(email.alternatives[0][0])
    files = [str(part.get_filename()) for part in email.message().walk() if part.get_filename()]
    return Shown(str(email.subject), str(email.body), html, files)


def stops_of(message: Message) -> list[Suppression]:
    """Why letters do not go to the address of this one, as far as it still stands."""
    index = bytes(message.recipient_index or b"")
    return list(Suppression.objects.standing().filter(recipient_index=index).order_by("at", "pk"))


def provider_events(message: Message) -> list[tuple[str, ProviderEvent]]:
    rows = ProviderEvent.objects.filter(message=message).order_by("at", "came_at", "pk")
    return [(provider_words(one.kind), one) for one in rows]


def same_letter(message: Message) -> list[tuple[bool, Message]]:
    """The rows that this letter went again as, and those that it goes again for: each with
    whether it came later."""
    first, number = try_of(message)
    same = Message.objects.filter(idem_key__startswith=first).exclude(pk=message.pk)
    kin = [(*try_of(one), one) for one in same]
    rows = sorted((n, one.pk, one) for key, n, one in kin if key == first)
    return [(n > number, one) for n, _, one in rows]


def try_of(message: Message) -> tuple[str, int]:
    """appointment:7~2 is the second row of appointment:7."""
    first, _, number = message.idem_key.partition(AGAIN)
    return first, int(number) if number.isdigit() else 1


@dataclass(frozen=True, slots=True)
class Doable:
    """What can be done with a letter as it stands."""

    send_now: bool
    hold: bool
    release: bool
    cancel: bool
    send_again: bool
    lift: bool
    stop: bool


def doable(message: Message, stops: Sequence[Suppression]) -> Doable:
    status = message.status
    return Doable(
        send_now=status in WAITING | {Status.HELD},
        hold=status in PENDING,
        release=status == Status.HELD,
        cancel=status in PENDING | {Status.HELD},
        send_again=status == Status.DEAD and message.intake is not None,
        lift=bool(stops),
        stop=Suppression.Scope.ALL not in {one.scope for one in stops},
    )
