"""Whether visits are cleared, for any number of forms in three queries. Nothing is decrypted."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime

from django.db.models import Max

from consult.models import Appointment, Decision, Intake, Recheck, Revision
from consult.rules import clearance, triage
from consult.rules.clearance import FOR_STAFF, FOR_THE_PERSON, MENDED_BY_THE_PERSON, Standing

RecheckRow = tuple[datetime, bool, int, uuid.UUID | None]


def refusal(intake: Intake, *, now: datetime, purpose: str = clearance.CONSULTATION) -> str:
    """Why no visit of this purpose can be chosen now, in words for the person; "" if it can."""
    found = against_a_new_visit(intake, now=now, purpose=purpose)
    return FOR_THE_PERSON[found[0]] if found else ""


def refusal_for_staff(intake: Intake, *, now: datetime, purpose: str) -> str:
    """The same in words for the care team."""
    found = against_a_new_visit(intake, now=now, purpose=purpose)
    return f"Not cleared: {'; '.join(FOR_STAFF[one] for one in found)}." if found else ""


def person_can_mend(intake: Intake, *, now: datetime) -> bool:
    """Whether saying what has changed is all that is missing."""
    found = against_a_new_visit(intake, now=now)
    return bool(found) and MENDED_BY_THE_PERSON.issuperset(found)


def against_a_new_visit(
    intake: Intake, *, now: datetime, purpose: str = clearance.CONSULTATION
) -> tuple[str, ...]:
    """What is asked before a treatment is asked when it is near; until then it is as another."""
    form = standings([intake])[intake.pk].standing()
    return clearance.not_cleared(purpose, form, now=now)


def reasons_against(
    visits: Collection[Appointment], *, now: datetime
) -> dict[uuid.UUID, tuple[str, ...]]:
    """Per visit that stands and is not cleared: why, in words for staff. Cleared ones are left out.

    `visits` have their `intake` and `visit_type` at hand.
    """
    standing = [one for one in visits if one.is_standing]
    forms = standings({one.intake for one in standing})
    found = {one.pk: reasons_for(one, forms[one.intake_id], now=now) for one in standing}
    return {key: reasons for key, reasons in found.items() if reasons}


def reasons_against_one(visit: Appointment, *, now: datetime) -> tuple[str, ...]:
    """The same for one visit, also for one that was marked or has passed."""
    return reasons_for(visit, standings([visit.intake])[visit.intake_id], now=now)


def reasons_against_treatment(
    intake: Intake, visit: Appointment | None, *, now: datetime
) -> tuple[str, ...]:
    """Why this form is not cleared for a treatment at the visit, or at none, in words for staff."""
    stands = standings([intake])[intake.pk].standing(visit.pk if visit else None)
    starts_at = visit.starts_at if visit else None
    found = clearance.not_cleared(clearance.TREATMENT, stands, now=now, starts_at=starts_at)
    return tuple(FOR_STAFF[one] for one in found)


def reasons_for(visit: Appointment, form: "Rows", *, now: datetime) -> tuple[str, ...]:
    stands = form.standing(visit.pk)
    purpose = visit.visit_type.purpose
    found = clearance.not_cleared(purpose, stands, now=now, starts_at=visit.starts_at)
    return tuple(FOR_STAFF[one] for one in found)


class Rows:
    """What is known of one form, without its answers."""

    def __init__(
        self,
        intake: Intake,
        ready: tuple[datetime, int, str] | None,
        handed_in_at: datetime | None,
        rechecks: Collection[RecheckRow],
    ) -> None:
        self.intake, self.ready, self.rechecks = intake, ready, rechecks
        self.handed_in_at = handed_in_at or intake.submitted_at

    def standing(self, visit: uuid.UUID | None = None) -> Standing:
        """How the form stands; with the answers given before this visit."""
        answered = [self.handed_in_at, *(at for at, _, _, _ in self.rechecks)]
        kept = (number for _, raised, number, _ in self.rechecks if not raised)
        before_visit = (at for at, _, _, about in self.rechecks if visit and about == visit)
        return Standing(
            is_ready=self.intake.state == Intake.State.READY,
            revision=self.intake.revision,
            ready_at=self.ready[0] if self.ready else None,
            ready_revision=self.ready[1] if self.ready else 0,
            kept_revision=max(kept, default=0),
            raised_at=max((at for at, raised, _, _ in self.rechecks if raised), default=None),
            confirmed_at=max((at for at in answered if at), default=None),
            rechecked_at=max(before_visit, default=None),
            is_held=self.is_held,
        )

    @property
    def is_held(self) -> bool:
        """An override for a talk allows a talk."""
        if self.intake.rank < triage.rank(clearance.HELD_LEVEL):
            return False
        return self.ready is None or self.ready[2] in {"", Decision.Override.TALK_ONLY}


def standings(intakes: Collection[Intake]) -> Mapping[uuid.UUID, Rows]:
    keys = [one.pk for one in intakes]
    decided = Decision.objects.counting().filter(intake__in=keys, kind=Decision.Kind.READY)
    ready = {
        intake: (at, number, override)
        for intake, at, number, override in decided.order_by("at", "pk").values_list(
            "intake", "at", "revision", "override"
        )
    }
    handed_in = dict(
        Revision.objects.filter(intake__in=keys)
        .order_by()
        .values_list("intake")
        .annotate(Max("made_at"))
    )
    answered: dict[uuid.UUID, list[RecheckRow]] = defaultdict(list)
    for intake, at, raised, number, about in Recheck.objects.filter(intake__in=keys).values_list(
        "intake", "answered_at", "raised", "revision", "appointment"
    ):
        answered[intake].append((at, raised, number, about))
    return {
        one.pk: Rows(one, ready.get(one.pk), handed_in.get(one.pk), answered[one.pk])
        for one in intakes
    }
