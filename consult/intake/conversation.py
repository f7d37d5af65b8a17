"""Staff and the person write to each other. A letter only says that something waits."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from consult import audit
from consult.followups import actions as followups
from consult.followups import outbox
from consult.intake.refusals import NotAllowed
from consult.intake.waiting_letter import LETTER, LETTERS_APART, letters_of
from consult.models import Intake, Message, PortalMessage, StaffTask, Status, User
from consult.models.casework import PortalMessageQuerySet
from consult.models.messages import PENDING
from consult.rules.promises import add_working_days, closing

LONGEST = 4000  # characters
UNDO: Final = timedelta(minutes=2)  # until then the person does not see it
OURS = "m."  # begins the anchor of a letter about a message
PERSON_WROTE = "person_wrote"
AT_MOST, WITHIN = 20, timedelta(hours=24)  # of one person about one form
TWICE: Final = timedelta(minutes=2)  # the same words again so soon are a second click
CLOSED = "This form was taken back, so its messages can only be read."


class TooMany(NotAllowed):
    pass


class TooLate(NotAllowed):
    """The message has gone out."""


# ----------------------------------------------------------------------------------------- staff
@transaction.atomic
def keep_draft(intake: Intake, *, words: str, by: User, now: datetime) -> PortalMessage:
    """Keep what `by` means to write, in the draft about this form that they have. Out: the draft.

    Raises NotAllowed when the form was taken back, or is the writer's own.
    """
    intake = open_to_staff(intake, by)
    draft = drafts_of(intake, by).first() or PortalMessage(
        intake=intake, from_staff=True, by=by, made_at=now
    )
    draft.words, draft.made_at = words, now
    draft.save()
    audit.record(by=by, did="wrote a draft", to=intake, now=now, message=str(draft.pk))
    return draft


@transaction.atomic
def send(draft: PortalMessage, *, by: User, now: datetime) -> PortalMessage:
    """Let the person see the draft in two minutes, and write to them that a message waits.

    Raises NotAllowed as `keep_draft` does, or when the draft is not `by`'s, or was sent.
    """
    intake = open_to_staff(draft.intake, by)
    found = drafts_of(intake, by).filter(pk=draft.pk).first()
    if found is None:
        raise NotAllowed("This draft was sent or thrown away meanwhile.")
    found.sent_at = now + UNDO
    found.save(update_fields=["sent_at"])
    plan_letter(intake, now=now)
    audit.record(by=by, did="sent a message", to=intake, now=now, message=str(found.pk))
    return found


@transaction.atomic
def take_back(message: PortalMessage, *, by: User, now: datetime) -> PortalMessage:
    """Make a draft again of a message that has not gone out yet, and stop its letter.

    Raises TooLate when the two minutes are over, NotAllowed when it is not the writer's.
    """
    intake = locked(message.intake)
    found = from_staff(intake).filter(pk=message.pk, by=by).exclude(sent_at=None).first()
    if found is None:
        raise NotAllowed("Only the person who wrote a message can take it back.")
    if found.sent_at is None or found.sent_at <= now:
        raise TooLate("It is too late to take this back: the message has gone out.")
    found.sent_at, found.made_at = None, now  # of several drafts the latest is gone on with
    found.save(update_fields=["sent_at", "made_at"])
    stop_letters(intake, from_staff(intake).filter(pk=found.pk), now=now)
    plan_letter(intake, now=now)
    audit.record(by=by, did="took back a message", to=intake, now=now, message=str(found.pk))
    return found


@transaction.atomic
def throw_away(draft: PortalMessage, *, by: User, now: datetime) -> None:
    """Delete a draft of `by`; nothing happens to one that was sent meanwhile."""
    found = drafts_of(locked(draft.intake), by).filter(pk=draft.pk).first()
    if found:
        found.delete()
        audit.record(by=by, did="threw a draft away", to=draft.intake, now=now)


def open_to_staff(intake: Intake, by: User) -> Intake:
    if not by.is_care_team:
        raise NotAllowed("Only the care team writes to people.")
    if intake.owner_id == by.pk:
        raise NotAllowed("Nobody answers their own form. Please ask a colleague.")
    return still_open(intake)


# ------------------------------------------------------------------------------------ the person
@transaction.atomic
def answer(intake: Intake, *, words: str, by: User, now: datetime) -> PortalMessage:
    """Keep what the person writes about their own form, and give the care team a task.

    The same words again within two minutes are kept once. Raises TooMany after twenty in a day,
    NotAllowed when the form was taken back.
    """
    intake = still_open(intake)
    latest = list(written_by_person(intake).filter(made_at__gt=now - WITHIN).order_by("-made_at"))
    if latest and latest[0].words == words and latest[0].made_at > now - TWICE:
        return latest[0]
    if len(latest) >= AT_MOST:
        raise TooMany(
            f"You have sent {AT_MOST} messages in one day. Please call us, or write tomorrow."
        )
    message = PortalMessage.objects.create(
        intake=intake, from_staff=False, by=by, words=words, made_at=now, sent_at=now
    )
    made = {"made_at": now, "due_at": answer_due(now)}
    StaffTask.objects.get_or_create(intake=intake, event=PERSON_WROTE, done_at=None, defaults=made)
    audit.record(by=by, did="wrote to the care team", to=intake, now=now, message=str(message.pk))
    return message


def answer_due(now: datetime) -> datetime:
    """The end of the clinic's next working day."""
    return closing(add_working_days(now.astimezone(ZoneInfo(settings.TIME_ZONE)), 1))


@transaction.atomic
def read_by_person(intake: Intake, *, now: datetime) -> int:
    """Mark what staff sent as read; a letter that only says it waits is not wanted any more."""
    unread = from_staff(locked(intake)).sent(now).filter(read_at=None)
    count = unread.update(read_at=now)
    if count:
        stop_letters(intake, from_staff(intake).sent(now), now=now)
        plan_letter(intake, now=now)
        audit.record(by=intake.owner, did="read messages", to=intake, now=now, count=count)
    return count


@transaction.atomic
def read_by_staff(intake: Intake, *, by: User, now: datetime) -> int:
    """Mark what the person wrote as read. The task stays until somebody says what was done."""
    count = written_by_person(intake).filter(read_at=None).update(read_at=now)
    if count:
        audit.record(by=by, did="read messages", to=intake, now=now, count=count)
    return count


# ------------------------------------------------------------------------------------ the letter
def plan_letter(intake: Intake, *, now: datetime) -> None:
    """Write one letter where something unread is told by none, a day after the last at least.

    A letter that is due later tells of everything that was sent before it.
    """
    letters = letters_of(intake)
    told = max((one.not_before for one in letters if is_ours(one)), default=None)
    unread = from_staff(intake).filter(read_at=None).exclude(sent_at=None).order_by("sent_at")
    untold = (unread.filter(sent_at__gt=told) if told else unread).first()
    if untold is None or untold.sent_at is None:
        return
    last = max((one.not_before for one in letters), default=None)
    at = max(untold.sent_at, last + LETTERS_APART) if last else untold.sent_at
    # Sent again after it was taken back, a message has a letter of its own.
    anchor = f"{OURS}{untold.pk.hex}.{int(untold.sent_at.timestamp())}"
    followups.schedule(LETTER, intake=intake, anchor=anchor, at=at, now=now)


def is_ours(letter: Message) -> bool:
    """About a message, not about what staff ask of the person."""
    return letter.anchor.startswith(OURS)


def stop_letters(intake: Intake, about: PortalMessageQuerySet, *, now: datetime) -> None:
    """Letters about these messages that have not left yet are not wanted any more."""
    keys = {one.hex for one in about.values_list("pk", flat=True)}
    letters = [one for one in letters_of(intake) if is_ours(one)]
    unwanted = [one.pk for one in letters if one.anchor.split(".")[1] in keys]
    rows = Message.objects.filter(pk__in=unwanted)
    outbox.move(rows, out_of={*PENDING, Status.HELD}, to=Status.CANCELLED, outcome_at=now)


# --------------------------------------------------------------------------------------- reading
def locked(intake: Intake) -> Intake:
    return Intake.objects.select_for_update().get(pk=intake.pk)


def still_open(intake: Intake) -> Intake:
    intake = locked(intake)
    if intake.state == Intake.State.WITHDRAWN:
        raise NotAllowed(CLOSED)
    return intake


def from_staff(intake: Intake) -> PortalMessageQuerySet:
    return PortalMessage.objects.filter(intake=intake, from_staff=True)


def written_by_person(intake: Intake) -> PortalMessageQuerySet:
    return PortalMessage.objects.filter(intake=intake, from_staff=False)


def drafts_of(intake: Intake, by: User) -> PortalMessageQuerySet:
    return from_staff(intake).filter(by=by, sent_at=None).order_by("-made_at", "pk")


def unread_count(intakes: Iterable[Intake], *, now: datetime) -> int:
    """How many messages wait for the person of these forms."""
    rows = PortalMessage.objects.filter(intake__in=list(intakes), from_staff=True, read_at=None)
    return rows.sent(now).count()
