"""What a person wants to ask at the consultation: their own words, or picked from ours."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db import transaction

from consult import audit
from consult.intake.refusals import NotAllowed
from consult.models import Appointment, Intake, OwnQuestion, User, VisitType
from consult.rules.published import load_suggestions

AT_MOST = 20
LONGEST = 500  # characters


class TooMany(NotAllowed):
    pass


@transaction.atomic
def add(
    intake: Intake, *, picked: Collection[str], words: str, by: User, now: datetime
) -> list[OwnQuestion]:
    """Keep the picked suggestions and the person's own words, each once however often they come.

    `picked` are ids of suggestions. Out: what is new. Raises TooMany, or NotAllowed when the form
    was taken back or the consultation is over.
    """
    intake = still_open(intake, now=now)
    kept = list(intake.own_questions.all())
    missing = [
        (suggestion, said)
        for suggestion, said in wanted(picked, words)
        if not any(is_the_same(one, suggestion, said) for one in kept)
    ]
    # A microsecond apart: the list keeps the order in which it was written.
    new = [
        OwnQuestion(
            intake=intake,
            words=said,
            suggestion=suggestion,
            made_at=now + timedelta(microseconds=place),
        )
        for place, (suggestion, said) in enumerate(missing)
    ]
    if len(kept) + len(new) > AT_MOST:
        raise TooMany(
            f"You can keep up to {AT_MOST} questions, and you have {len(kept)}. "
            "Please take one off the list first."
        )
    for one in new:
        one.save(force_insert=True)
    if new:
        audit.record(by=by, did="added own questions", to=intake, now=now, count=len(new))
    return new


@transaction.atomic
def change(question: OwnQuestion, *, words: str, by: User, now: datetime) -> None:
    """Put it in other words. Raises NotAllowed as `add` does, or when it is gone meanwhile."""
    intake = still_open(question.intake, now=now)
    found = intake.own_questions.filter(pk=question.pk).first()
    if found is None:
        raise NotAllowed("This question is no longer on your list.")
    if found.words != words:
        found.words = words
        found.save(update_fields=["words"])
        audit.record(by=by, did="changed an own question", to=intake, now=now)


@transaction.atomic
def remove(intake: Intake, key: str, *, by: User, now: datetime) -> None:
    """Take one off the list; nothing happens if it is not there. Raises NotAllowed as `add`."""
    intake = still_open(intake, now=now)
    for one in intake.own_questions.all():
        if str(one.pk) == key:
            one.delete()
            audit.record(by=by, did="removed an own question", to=intake, now=now)


def wanted(picked: Collection[str], words: str) -> Iterable[tuple[str, str]]:
    yield from ((one.id, one.words) for one in load_suggestions().all if one.id in picked)
    if words:
        yield "", words


def is_the_same(kept: OwnQuestion, suggestion: str, words: str) -> bool:
    if suggestion and kept.suggestion == suggestion:
        return True
    return str(kept.words).casefold() == words.casefold()


def still_open(intake: Intake, *, now: datetime) -> Intake:
    intake = Intake.objects.select_for_update().get(pk=intake.pk)
    visits = list(intake.appointments.select_related("visit_type"))
    if refusal := why_closed(intake, visits, now=now):
        raise NotAllowed(refusal)
    return intake


def why_closed(intake: Intake, visits: Iterable[Appointment], *, now: datetime) -> str:
    """A sentence for the person once questions can no longer be changed; empty until then."""
    if intake.state == Intake.State.WITHDRAWN:
        return "You have taken this form back, so its questions can no longer be changed."
    talks = [one for one in visits if one.visit_type.purpose == VisitType.Purpose.CONSULTATION]
    if any(one.is_standing and one.starts_at > now for one in talks):
        return ""
    if any(is_over(one, now) for one in talks):
        return "Your talk has taken place, so these questions can no longer be changed."
    return ""


def is_over(talk: Appointment, now: datetime) -> bool:
    if talk.status == Appointment.Status.ATTENDED:
        return True
    return talk.status == Appointment.Status.BOOKED and talk.starts_at <= now
