"""What people write freely, which no rule reads: a clinician reads it and ticks it off."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from consult import audit
from consult.intake.refusals import NotAllowed
from consult.models import Intake, Revision, TextRead, User
from consult.rules.published import load_questionnaire


def unread_texts(intake: Intake) -> frozenset[str]:
    """Ids of the free answers that nobody has read as they stand now.

    A text that was read stays read while later revisions leave it as it was.
    """
    revisions = {one.number: one for one in intake.revisions.all()}
    latest = revisions.get(intake.revision)
    if latest is None:
        return frozenset()
    read = {one.question: one.revision for one in intake.texts_read.order_by("revision")}
    return frozenset(
        key
        for key in texts_in(latest)
        if (seen := revisions.get(read.get(key, 0))) is None
        or seen.answers.get(key) != latest.answers[key]
    )


def texts_in(revision: Revision) -> list[str]:
    questions = load_questionnaire(revision.questionnaire).questions
    answers: Mapping[str, object] = revision.answers
    return [one.id for one in questions if one.type == "text" and answers.get(one.id)]


def keep_unread(intake: Intake) -> None:
    """Make the mark that the queue is filtered by say what is so. In the caller's transaction."""
    is_unread = bool(unread_texts(intake))
    if intake.has_unread_text != is_unread:
        intake.has_unread_text = is_unread
        intake.save(update_fields=["has_unread_text"])


def mark_text_read(
    intake: Intake, *, question: str, revision: int, by: User, now: datetime
) -> TextRead:
    """Tick a free answer as read, as it stood in the revision that the page showed.

    The same row if it was ticked before. Raises NotAllowed when `by` is not a clinician, is the
    person, when the answers have changed since, or when there is no such text.
    """
    if not by.is_clinical or intake.owner_id == by.pk:
        raise NotAllowed("Only a clinician can tick this as read, and nobody their own form.")
    with transaction.atomic():
        intake = Intake.objects.select_for_update().get(pk=intake.pk)
        latest = intake.revisions.filter(number=intake.revision).first()
        if intake.revision != revision or latest is None:
            raise NotAllowed("The answers have changed meanwhile. Please read them again.")
        if question not in texts_in(latest):
            raise NotAllowed("There is no such text in this form.")
        row, is_new = TextRead.objects.get_or_create(
            intake=intake, question=question, revision=revision, defaults={"by": by, "at": now}
        )
        keep_unread(intake)
        if is_new:
            audit.record(by=by, did="read a text", to=intake, now=now, question=question)
    return row
