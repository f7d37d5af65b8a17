"""The record of what was given to whom, what came of it, and when the person is asked."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, QuerySet

from consult import audit
from consult.dashboard.treatments_checkins import Course, course_of
from consult.fields import blind_index
from consult.followups import actions as followups
from consult.followups import checkins
from consult.followups.actions import zone_of
from consult.intake.people import version_of
from consult.intake.refusals import NotAllowed
from consult.models import AdverseEvent, Appointment, CheckIn, Intake, Treatment, User
from consult.rules.published import load_questionnaire
from consult.rules.questionnaire import in_words

LOT = "lot"  # the purpose of the blind index
SOURCE, ROUTES = "treatment.source", "treatment.routes"  # questions of the form


@dataclass(frozen=True, slots=True)
class Given:
    """What a treatment was. `source` and `routes` are codes of the form's questions."""

    given_on: date
    clinician: User
    appointment: Appointment | None
    source: str
    routes: Sequence[str]
    product: str
    lot: str
    dose: str
    notes: str

    def sealed(self) -> dict[str, Any]:
        whole = {"source": self.source, "routes": list(self.routes)}
        return whole | {"product": self.product, "dose": self.dose, "notes": self.notes}


@dataclass(frozen=True, slots=True)
class Happened:
    """An adverse event as a clinician judges it."""

    words: str
    began_on: date
    grade: int
    relation: str
    outcome: str


class Overtaken(NotAllowed):
    """Somebody else changed the record since the page was shown."""

    def __init__(self) -> None:
        super().__init__("Somebody has changed this record meanwhile. Nothing was changed by you.")


def plain_lot(lot: str) -> str:
    """Lots are compared without spaces; the blind index does not mind case and width."""
    return "".join(lot.split())


# ------------------------------------------------------------------------------------- treatments
@transaction.atomic
def record(intake: Intake, given: Given, *, by: User, now: datetime) -> Treatment:
    """Add a treatment; it starts the check-ins. Raises NotAllowed for a form taken back, when the
    treatment is `by`'s own, or when the appointment is another form's."""
    intake = Intake.objects.select_for_update().get(pk=intake.pk)
    refuse_strangers(intake, given, by)
    if intake.state == Intake.State.WITHDRAWN:
        raise NotAllowed("The person has taken this form back: nothing new is kept with it.")
    treatment = Treatment(intake=intake, zone=zone_of(intake).key, recorded_by=by, recorded_at=now)
    put(treatment, given)
    checkins.plan(treatment, now=now)
    followups.cancel(intake=intake, events={"time_to_decide"}, now=now)
    audit.record(by=by, did="recorded a treatment", to=intake, now=now, treatment=treatment.pk.hex)
    return treatment


@transaction.atomic
def correct(treatment: Treatment, given: Given, *, seen: str, by: User, now: datetime) -> list[str]:
    """Put the record right. Out: the names of the fields that changed; the audit event names
    them, never what stood there. Check-ins that are not answered follow a changed day.

    `seen` is the `mark` that the page showed. Raises Overtaken, or NotAllowed as `record` does.
    """
    intake = locked_form(treatment)
    treatment = Treatment.objects.select_for_update().get(pk=treatment.pk)
    refuse_strangers(intake, given, by)
    if seen != mark(treatment):
        raise Overtaken
    before, after = values(given_of(treatment)), values(given)
    changed = sorted(name for name, one in after.items() if one != before[name])
    if changed:
        put(treatment, given)
        if "given_on" in changed:
            checkins.plan(treatment, now=now)
        did, key = "corrected a treatment", treatment.pk.hex
        audit.record(by=by, did=did, to=intake, now=now, treatment=key, fields=changed)
    return changed


def locked_form(treatment: Treatment) -> Intake:
    """The form first, as everywhere, then what belongs to it: nobody waits in a circle."""
    return Intake.objects.select_for_update().get(pk=treatment.intake_id)


def refuse_strangers(intake: Intake, given: Given, by: User) -> None:
    if not by.is_clinical:
        raise NotAllowed("Only a clinician records treatments.")
    if intake.owner_id == by.pk:
        raise NotAllowed("Nobody records their own treatment. Please ask a colleague.")
    if given.appointment and given.appointment.intake_id != intake.pk:
        raise NotAllowed("This appointment belongs to another form.")


def put(treatment: Treatment, given: Given) -> None:
    treatment.given_on, treatment.clinician = given.given_on, given.clinician
    treatment.appointment, treatment.lot = given.appointment, plain_lot(given.lot)
    treatment.given = given.sealed()
    treatment.save()


def given_of(treatment: Treatment) -> Given:
    return Given(
        given_on=treatment.given_on,
        clinician=treatment.clinician,
        appointment=treatment.appointment,
        lot=treatment.lot,
        **treatment.given,
    )


def values(given: Given) -> dict[str, Any]:
    """By field, as they are compared."""
    return given.sealed() | {
        "given_on": given.given_on.isoformat(),
        "clinician": given.clinician.pk.hex,
        "appointment": given.appointment.pk.hex if given.appointment else "",
        "lot": plain_lot(given.lot),
    }


def mark(treatment: Treatment) -> str:
    """Changes whenever the record does, and says nothing of it."""
    return version_of(values(given_of(treatment)))


# --------------------------------------------------------------------------------- adverse events
@transaction.atomic
def add_event(
    treatment: Treatment,
    happened: Happened,
    *,
    checkin: CheckIn | None = None,
    by: User,
    now: datetime,
) -> AdverseEvent:
    """Record an adverse event, of a check-in that told of it. Of somebody who has died nothing
    more is asked. Raises NotAllowed when `by` is no clinician or the person."""
    intake = locked_form(treatment)
    refuse_own(treatment, by)
    event = AdverseEvent.objects.create(
        treatment=treatment,
        checkin=checkin,
        recorded_by=by,
        recorded_at=now,
        changed_at=now,
        **asdict(happened),
    )
    ask_no_more_of_the_dead(event, intake, now=now)
    did, key = "recorded an adverse event", event.pk.hex
    audit.record(by=by, did=did, to=intake, now=now, event=key, grade=event.grade)
    return event


@transaction.atomic
def change_event(
    event: AdverseEvent, happened: Happened, *, seen: str, by: User, now: datetime
) -> list[str]:
    """As `correct`, of an adverse event; `seen` is its `mark_of_event`. Somebody who was taken
    for dead by mistake is asked again."""
    intake = locked_form(event.treatment)
    event = AdverseEvent.objects.select_for_update().get(pk=event.pk)
    refuse_own(event.treatment, by)
    if seen != mark_of_event(event):
        raise Overtaken
    after = asdict(happened)
    changed = sorted(name for name, one in after.items() if one != getattr(event, name))
    had_died = event.outcome == AdverseEvent.Outcome.DIED
    if changed:
        for name, one in after.items():
            setattr(event, name, one)
        event.changed_at = now
        event.save()
        ask_no_more_of_the_dead(event, intake, now=now)
        if had_died:
            ask_the_living(intake, now=now)
        did, key = "changed an adverse event", event.pk.hex
        audit.record(by=by, did=did, to=intake, now=now, event=key, fields=changed)
    return changed


def refuse_own(treatment: Treatment, by: User) -> None:
    if not by.is_clinical:
        raise NotAllowed("Only a clinician records adverse events.")
    if treatment.intake.owner_id == by.pk:
        raise NotAllowed("Nobody judges their own treatment. Please ask a colleague.")


def ask_no_more_of_the_dead(event: AdverseEvent, intake: Intake, *, now: datetime) -> None:
    """Their family must not find our questions."""
    if event.outcome == AdverseEvent.Outcome.DIED:
        checkins.end(intake, now=now)
        followups.cancel(intake=intake, events=checkins.letters(), now=now)


def ask_the_living(intake: Intake, *, now: datetime) -> None:
    """What a death that is no longer recorded had ended, unless another says the same."""
    if checkins.may_be_asked(intake):
        for treatment in intake.treatments.all():
            checkins.plan(treatment, now=now)


def mark_of_event(event: AdverseEvent) -> str:
    names = ("words", "began_on", "grade", "relation", "outcome")
    return version_of({name: str(getattr(event, name)) for name in names})


# ---------------------------------------------------------------------------------------- reading
@dataclass(frozen=True, slots=True)
class Treated:
    row: Treatment
    what: str  # where the cells came from and how they were given
    course: Course  # how the person has been afterwards


def treated(intake: Intake) -> list[Treated]:
    """Everything recorded for a form, the newest first."""
    rows = Treatment.objects.filter(intake=intake).select_related("clinician", "appointment")
    rows = rows.prefetch_related("checkins", "adverse_events", "intake__revisions")
    asked = load_questionnaire(intake.questionnaire).by_id
    return [
        Treated(
            one,
            f"{in_words(asked[SOURCE], one.given['source'])}; "
            f"{in_words(asked[ROUTES], one.given['routes'])}",
            course_of(one),
        )
        for one in rows.order_by("-given_on", "-recorded_at")
    ]


def seen_by(user: User) -> QuerySet[Treatment]:
    """The treatments of the forms that this person may see."""
    forms = Intake.objects.for_actor(user).filter(submitted_at__isnull=False)
    return Treatment.objects.filter(intake__in=forms).select_related("intake", "clinician")


def of_lot(user: User, lot: str) -> list[Treatment]:
    """Everybody who was given this lot, the latest first, each with `events`, their number."""
    index = blind_index(LOT, plain_lot(lot))
    rows = seen_by(user).filter(lot_index=index).annotate(events=Count("adverse_events"))
    return list(rows.order_by("-given_on", "pk"))
