"""What the status page says instead of a letter that could not be written."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AnonymousUser

from consult.followups.reach import EMAIL_CONSENT
from consult.intake.answering import ERASED
from consult.models import (
    Appointment,
    AuditEvent,
    Intake,
    Suppression,
    Treatment,
    User,
    VisitType,
)
from consult.rules import clock
from consult.rules import followups as plan

TIME_TO_DECIDE = "time_to_decide"


def nothing_here(person: User) -> str:
    """What somebody is told who has no form: perhaps it was erased because its time was up."""
    events = AuditEvent.objects.about(person).filter(did=ERASED).order_by("-at")
    erased_at = events.values_list("at", flat=True).first()
    if erased_at is None:
        return "You have no form with us. You can begin one here."
    zone = clock.zone_or(person.time_zone, settings.TIME_ZONE)
    return (
        "Your form was not sent, so it was erased with all its answers on "
        f"{clock.day_in_words(erased_at, zone)}. You can begin a new one here."
    )


def mail_comes_back(intakes: Collection[Intake], *, to: User | AnonymousUser | None) -> set[UUID]:
    """This person's forms to whose address no letters go any more; of an address that no code has
    shown to be theirs nothing is told."""
    if not isinstance(to, User):
        return set()
    stopped = Suppression.objects.standing().filter(
        scope=Suppression.Scope.ALL, recipient_index__in=to.address_indexes()
    )
    found = {bytes(index) for index in stopped.values_list("recipient_index", flat=True)}
    own = [one for one in intakes if one.owner_id == to.pk]
    return {one.pk for one in own if bytes(one.contact_index or b"") in found}


def still_deciding(intakes: Collection[Intake], *, now: datetime) -> set[UUID]:
    """The forms whose person had a talk a week ago, has not decided, and gets no letter about it.

    Their visits and agreements are at hand.
    """
    possible = {
        one.pk for one in intakes if no_letters(one) and had_only_a_talk(visits_of(one), now=now)
    }
    treated = Treatment.objects.filter(intake__in=possible).values_list("intake_id", flat=True)
    ready = {one.pk for one in intakes if one.state == Intake.State.READY}
    return (possible & ready) - set(treated)


def no_letters(intake: Intake) -> bool:
    said = [one.given for one in intake.consents.all() if one.purpose == EMAIL_CONSENT]
    return not (said and said[-1])


def visits_of(intake: Intake) -> list[Appointment]:
    return list(intake.appointments.all())


def had_only_a_talk(visits: Collection[Appointment], *, now: datetime) -> bool:
    since = now - plan.delay(plan.event(TIME_TO_DECIDE))
    if any(one.visit_type.purpose == VisitType.Purpose.TREATMENT for one in visits):
        return False
    seen = [one for one in visits if one.status == Appointment.Status.ATTENDED]
    return any(one.ends_at <= since for one in seen)
