"""What staff do with a letter's words: save a new version, put one back in use, try it out."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max

from consult import audit
from consult.followups.actions import new_row
from consult.followups.times import times
from consult.models import LetterWording, Message, User
from consult.rules import wording as rules

TEST = "wording_test"
TEST_LIVES = timedelta(hours=1)


class ChangedMeanwhile(Exception):
    """Somebody saved other words since the page was made."""


def in_use(event: str, language: str) -> LetterWording | None:
    return LetterWording.objects.filter(event=event, language=language, in_use=True).first()


def save(
    *, event: str, language: str, subject: str, words: str, seen: int, by: User, now: datetime
) -> LetterWording:
    """Put new words in use. In: `seen`, the version that was in use when the page was made, or 0.

    Raises CannotUse for words that the letter cannot have, ChangedMeanwhile if another version is
    in use by now.
    """
    rules.check_subject(subject, event)
    rules.check_words(words, event)
    try:
        with transaction.atomic():
            last = replace_in_use(event, language, seen=seen)
            row = LetterWording.objects.create(
                event=event,
                language=language,
                version=last + 1,
                subject=subject,
                words=words,
                by=by,
                at=now,
            )
            audit.record(
                by=by, did="changed a letter", to=row, now=now, event=event, version=row.version
            )
    except IntegrityError as error:  # somebody else saved in the same moment
        raise ChangedMeanwhile from error
    return row


def put_in_use(
    *, event: str, language: str, version: int, seen: int, by: User, now: datetime
) -> None:
    """Go back to an earlier version; 0 for the portal's own words. As `save` in what it raises;
    also LetterWording.DoesNotExist."""
    try:
        with transaction.atomic():
            replace_in_use(event, language, seen=seen)
            if version:
                rows = LetterWording.objects.select_for_update()
                row = rows.get(event=event, language=language, version=version)
                rules.check_subject(row.subject, event)
                rules.check_words(row.words, event)
                LetterWording.objects.filter(pk=row.pk).update(in_use=True)
            audit.record(by=by, did="put back a letter", now=now, event=event, version=version)
    except IntegrityError as error:
        raise ChangedMeanwhile from error


def replace_in_use(event: str, language: str, *, seen: int) -> int:
    """Take the version that was seen out of use; the number of the last version there is."""
    versions = LetterWording.objects.filter(event=event, language=language)
    if seen:
        taken_out = versions.filter(version=seen, in_use=True).update(in_use=False)
        if not taken_out:
            raise ChangedMeanwhile
    elif versions.filter(in_use=True).exists():
        raise ChangedMeanwhile
    return int(versions.aggregate(last=Max("version"))["last"] or 0)


def send_test(*, event: str, subject: str, words: str, by: User, now: datetime) -> Message:
    """Write these words, filled in with made-up values, to the member of staff who asks.

    The row belongs to no form, so no change of a form can turn it to a person; its address is the
    account's own and nothing that was typed. Raises CannotUse.
    """
    rules.check_subject(subject, event)
    rules.check_words(words, event)
    values = {"subject": subject, "words": words}
    said = {key: rules.filled(text, rules.SAMPLES) for key, text in values.items()}
    said["subject"] = f"Test: {said['subject']}"
    key = f"{TEST}:{by.pk.hex}:{now:%Y%m%d%H%M%S%f}"
    row = new_row(key, now=now) | {
        "event": TEST,
        "recipient": by.email,
        "values": said,
        **times(now, settings.TIME_ZONE),
        "expires_at": now + TEST_LIVES,
    }
    with transaction.atomic():
        message = Message.objects.create(idem_key=key, **row)
        audit.record(by=by, did="sent a test letter to themselves", now=now, event=event)
    return message
