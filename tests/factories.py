"""People, forms and staff for tests. Everybody here is made up."""

import json
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import factory
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.models import Group
from django.db import transaction
from django.test import Client
from django.urls import reverse

from consult.followups import checkins
from consult.intake import actions
from consult.models import (
    Appointment,
    Assessment,
    Cell,
    CheckIn,
    Intake,
    IntakeSection,
    Role,
    Treatment,
    User,
    VisitType,
    WaitlistEntry,
    WaitlistOffer,
    WeeklyHours,
)
from consult.rules.openings import covered
from consult.rules.published import load_questionnaire

# A Tuesday, ten in the morning in Tijuana.
NOW = datetime(2026, 11, 17, 18, 0, tzinfo=UTC)
PASSWORD = "a long enough pass phrase"
PERSONAS = {
    one["id"]: one
    for one in json.loads((Path(__file__).parent / "rules/data/personas.json").read_text())[
        "personas"
    ]
}


class UserFactory(factory.django.DjangoModelFactory[User]):
    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"person{n}@example.org")
    full_name = "Ana Torres"
    password = factory.django.Password(PASSWORD)


def staff(role: Role, *, second_factor: bool = True, **fields: Any) -> User:
    user = UserFactory(full_name=fields.pop("full_name", "Sam Rivera"), **fields)
    user.groups.add(Group.objects.get_or_create(name=role.value)[0])
    if second_factor:
        TOTP.activate(user, generate_totp_secret())
    return user


def clinician(**fields: Any) -> User:
    return staff(Role.CLINICIAN, **fields)


def still_at_work(client: Client) -> Client:
    """As somebody who has gone on working; who has not is signed out by now."""
    client.force_login(User.objects.get(pk=client.session["_auth_user_id"]))
    return client


CONTACT = {
    "full_name": "Ana Torres",
    "email": "ana@example.org",
    "phone": "+52 664 123 4567",
    "preferred_language": "en",
    "time_zone": "America/Tijuana",
}

# What somebody says who answers for another person, by the answer to person.filling_for.
CARERS: dict[str, dict[str, Any]] = {
    "child": {
        "relation": "parent",
        "authority": "me_and_other",
        "other_parent": "not_yet",
        "asked": "unsure",
        "wishes": "Will it hurt?",
    },
    "adult_care": {
        "relation": "child",
        "authority": "proxy",
        "papers": "A signed health care proxy",
        "asked": "wants",
        "wishes": "To walk to the market again.",
    },
}


def draft(answers: dict[str, Any] | None = None, *, now: datetime = NOW, **contact: str) -> Intake:
    """A draft with these answers, filed by step; the persona P01's when none are given."""
    intake = actions.start(language="en", now=now)
    actions.save_contact(intake, contact=CONTACT | contact, now=now)
    answers = PERSONAS["P01"]["answers"] if answers is None else answers
    file_answers(intake, answers, now=now)
    if whom := CARERS.get(answers.get("person.filling_for", "")):
        actions.save_carer(intake, answers=whom, now=now)
    return Intake.objects.get(pk=intake.pk)


def file_answers(intake: Intake, answers: dict[str, Any], *, now: datetime = NOW) -> None:
    for step in load_questionnaire(intake.questionnaire).steps:
        own = {one.id: answers[one.id] for one in step.questions if one.id in answers}
        if own:
            IntakeSection.objects.create(intake=intake, step=step.id, answers=own, saved_at=now)


def submitted(persona: str = "P01", *, now: datetime = NOW, **contact: str) -> Intake:
    intake = draft(PERSONAS[persona]["answers"], now=now, **contact)
    actions.submit(intake, signature=intake.contact["full_name"], now=now)
    return Intake.objects.get(pk=intake.pk)


def assessment_of(intake: Intake) -> Assessment:
    return intake.assessments.get()


# ------------------------------------------------------------------------------------- booking
def at(text: str, zone: str = "America/Tijuana") -> datetime:
    """The instant of a wall time, such as 2026-11-24T10:00."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def ready(*, now: datetime = NOW, by: User | None = None, **contact: str) -> Intake:
    """A form that a clinician has read and set ready, owned by the account of its address."""
    intake = submitted(now=now, **contact)
    intake.owner = User.objects.get(email=intake.contact_email)
    intake.save()
    actions.decide(intake, by=by or clinician(), kind="ready", reason="A talk.", now=now)
    return Intake.objects.get(pk=intake.pk)


def opened(
    person: User, *hours: tuple[str, str], zone: str = "America/Tijuana", weekdays: str = "01234"
) -> User:
    """A clinician with these wall hours on these weekdays (Monday is 0)."""
    for weekday in weekdays:
        for starts, ends in hours or [("09:00", "13:00"), ("14:00", "18:00")]:
            WeeklyHours.objects.create(
                clinician=person,
                weekday=int(weekday),
                starts=time.fromisoformat(starts),
                ends=time.fromisoformat(ends),
                zone=zone,
            )
    return person


class VisitTypeFactory(factory.django.DjangoModelFactory[VisitType]):
    class Meta:
        model = VisitType

    name = "First talk"
    mode = VisitType.Mode.VIDEO
    length_minutes = 45
    after_minutes = 15


def appointment(
    intake: Intake, *, starts_at: datetime = NOW + timedelta(days=7), **fields: Any
) -> Appointment:
    """A row as it stands after booking, with its cells; without its letter."""
    visit_type = fields.pop("visit_type", None) or VisitTypeFactory()
    row = {
        "intake": intake,
        "clinician": fields.pop("clinician", None) or clinician(),
        "visit_type": visit_type,
        "starts_at": starts_at,
        "ends_at": starts_at + visit_type.visit().length,
        "zone": "America/Tijuana",
        "idempotency_key": uuid.uuid4().hex,
        "booked_at": NOW,
        "changed_at": NOW,
    }
    made = Appointment.objects.create(**(row | fields))
    if made.is_standing:
        Cell.objects.bulk_create(
            Cell(clinician=made.clinician, starts_at=cell, appointment=made)
            for cell in covered(starts_at, visit_type.visit())
        )
    return made


# ------------------------------------------------------------------------------------- sending
def send(client: Client, *, signature: str = "Ana Torres") -> Any:
    """Read the check page of the client's draft, sign it and send it; the answer to that."""
    page = client.get(reverse("consult:check"))
    seen = page.context["mark"] if page.context else ""
    return client.post(reverse("consult:check"), {"signature": signature, "seen": seen})


def waitlist_offer(intake: Intake, **fields: Any) -> WaitlistOffer:
    """A time that became free, offered to the person of a form for two hours."""
    entry = WaitlistEntry.objects.create(
        intake=intake,
        visit_type=fields.pop("visit_type", None) or VisitTypeFactory(),
        first_on=NOW.date(),
        last_on=NOW.date() + timedelta(days=14),
        zone=intake.contact["time_zone"],
        made_at=NOW,
    )
    row = {
        "clinician": clinician(),
        "starts_at": NOW + timedelta(days=7),
        "offered_at": NOW,
        "expires_at": NOW + timedelta(hours=2),
    }
    return WaitlistOffer.objects.create(entry=entry, **(row | fields))


def freed_time_offered(visit: Appointment) -> WaitlistOffer:
    """Two days before their appointment a time is free, and its person is told."""
    starts_at = visit.starts_at - timedelta(days=2)
    entry = WaitlistEntry.objects.create(
        intake=visit.intake,
        visit_type=visit.visit_type,
        first_on=starts_at.date(),
        last_on=visit.starts_at.date(),
        zone=visit.zone,
        made_at=NOW,
    )
    return WaitlistOffer.objects.create(
        entry=entry,
        clinician=visit.clinician,
        starts_at=starts_at,
        offered_at=NOW,
        expires_at=NOW + timedelta(hours=4),
    )


# ------------------------------------------------------------------------------------ treatments
def treated(
    intake: Intake, *, routes: Sequence[str] = ("joint",), now: datetime = NOW, **fields: Any
) -> Treatment:
    """A treatment of today, with its check-ins and their letters."""
    by = fields.pop("clinician", None) or clinician()
    given = {"source": "donor_cord", "product": "MSC-A", "dose": "10 million", "notes": ""}
    row = {
        "intake": intake,
        "clinician": by,
        "given_on": NOW.date(),
        "zone": "America/Tijuana",
        "given": given | {"routes": list(routes)},
        "lot": "L1",
        "recorded_by": by,
        "recorded_at": now,
    }
    with transaction.atomic():
        made = Treatment.objects.create(**(row | fields))
        checkins.plan(made, now=now)
    return made


def asked_on(day: int, *, intake: Intake | None = None, **fields: Any) -> CheckIn:
    """The check-in of a day after a treatment."""
    return treated(intake or ready(), **fields).checkins.get(day=day)
