"""What colleagues leave each other with a form: a note, and whose it is."""

from datetime import datetime

from django.db import transaction

from consult import audit
from consult.models import Intake, Note, User


def add_note(intake: Intake, *, by: User, words: str, now: datetime) -> Note:
    """Keep a note with the form; the record says that there is one, not what it says."""
    with transaction.atomic():
        note = Note.objects.create(intake=intake, words=words, by=by, at=now)
        audit.record(by=by, did="wrote a note", to=intake, now=now)
    return note


def assign(intake: Intake, *, to: User | None, by: User, now: datetime) -> bool:
    """Give the form to somebody of the care team, or to nobody; whether that was a change.

    The choice that comes last stands: who had it before is in the record.
    """
    with transaction.atomic():
        intake = Intake.objects.select_for_update().get(pk=intake.pk)
        if intake.assignee_id == (to.pk if to else None):
            return False
        before = intake.assignee_id.hex if intake.assignee_id else ""
        intake.assignee = to
        intake.save(update_fields=["assignee"])
        after = to.pk.hex if to else ""
        audit.record(by=by, did="assigned a form", to=intake, now=now, before=before, after=after)
    return True
