"""Finding a form by what somebody says on the phone. Only columns with an index are asked: the
reference, and marks and indexes that hold nothing in clear."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from consult import marks
from consult.dashboard.queries import level_at
from consult.fields import blind_index
from consult.models import Intake, IntakeMark, User
from consult.models.codes import ALPHABET
from consult.rules.rulesets import Level

MOST = 20
SHORTEST_REFERENCE, REFERENCE = 3, 10
SHORTEST_WORD = 2
TOO_SHORT = (
    "Type more: three characters of a reference, a whole e-mail address, seven digits of a phone "
    "number, or a name."
)
TOO_SHORT_REFERENCE = "Type at least three characters of a reference: letters and digits."


class TooShort(ValueError):
    """What was typed would find too much; the text is a sentence for who typed it."""


@dataclass(frozen=True, slots=True)
class Found:
    intake: Intake
    level: Level | None  # of who may know it


@dataclass(frozen=True, slots=True)
class Results:
    rows: list[Found]
    more: bool  # than are shown


def find(user: User, typed: str) -> Results:
    """The newest forms that fit, of those that this person may see. Raises TooShort.

    Always two queries: one by the form's own columns, one by its marks.
    """
    own, marked = by_column(typed), by_marks(typed)
    if own is None and marked is None:
        raise TooShort(TOO_SHORT)
    rows = Intake.objects.in_lists_of(user)
    found: dict[object, Intake] = {}
    for condition in (own, marked):
        if condition is not None:
            some = rows.filter(condition).order_by("-submitted_at", "pk")
            found |= {one.pk: one for one in some[: MOST + 1]}
    newest = sorted(found.values(), key=sent_at, reverse=True)
    shown = [Found(one, level_at(one.rank, None)) for one in newest[:MOST]]
    return Results(shown, more=len(newest) > MOST)


def find_reference(typed: str) -> Results:
    """For who reads no answers: the newest forms whose reference begins so. Raises TooShort."""
    condition = None if "@" in typed else by_column(typed)
    if condition is None:
        raise TooShort(TOO_SHORT_REFERENCE)
    some = Intake.objects.filter(condition, submitted_at__isnull=False)
    newest = list(some.order_by("-submitted_at", "pk")[: MOST + 1])
    return Results([Found(one, None) for one in newest[:MOST]], more=len(newest) > MOST)


def sent_at(intake: Intake) -> datetime:
    return intake.submitted_at or intake.saved_at


def by_column(typed: str) -> Q | None:
    """By e-mail address, or by the first characters of a reference."""
    if "@" in typed:
        return Q(contact_index=blind_index("email", typed))
    start = typed.strip().upper()
    if SHORTEST_REFERENCE <= len(start) <= REFERENCE and set(start) <= set(ALPHABET):
        # A range, because not every database answers a prefix from an ordinary index.
        highest = start + max(ALPHABET) * (REFERENCE - len(start))
        return Q(code__gte=start, code__lte=highest)
    return None


def by_marks(typed: str) -> Q | None:
    """By the last digits of a phone number, or by every word of a name."""
    if "@" in typed:
        return None
    if not any(one.isalpha() for one in typed):
        digits = marks.digits_of(typed)
        if len(digits) < marks.PHONE_DIGITS[0]:
            return None
        return having([marks.phone_mark(digits)])
    words = marks.words_of(typed)
    if not words or max(map(len, words)) < SHORTEST_WORD:
        return None
    condition = Q()
    for word in words:
        condition &= having(marks.word_marks(word))
    return condition


def having(any_of: Iterable[bytes]) -> Q:
    return Q(pk__in=IntakeMark.objects.filter(mark__in=list(any_of)).values("intake"))


@dataclass(frozen=True, slots=True)
class Suspected:
    """Another form that the same person may have sent from another account."""

    intake: Intake
    same_name: bool
    same_phone: bool


def suspected(intake: Intake) -> list[Suspected]:
    """Forms of other accounts with the same whole name or phone number, newest first."""
    name, phone = marks.person_marks(intake)
    found: dict[UUID, set[bytes]] = {}
    wanted = [name, *([phone] if phone else [])]
    for one in same_marks(intake, wanted)[: 4 * MOST]:
        found.setdefault(one.intake_id, set()).add(bytes(one.mark))
    rows = Intake.objects.filter(pk__in=found).order_by("-submitted_at", "pk")
    return [
        Suspected(one, same_name=name in found[one.pk], same_phone=phone in found[one.pk])
        for one in rows[:MOST]
    ]


def same_marks(intake: Intake, wanted: list[bytes]) -> QuerySet[IntakeMark]:
    """What hits one of the marks, of other people's forms: no owner is somebody else until the
    address says otherwise."""
    others = IntakeMark.objects.filter(mark__in=wanted).exclude(intake=intake)
    others = others.exclude(intake__contact_index=intake.contact_index)
    if intake.owner_id:
        others = others.exclude(intake__owner=intake.owner_id)
    return others
