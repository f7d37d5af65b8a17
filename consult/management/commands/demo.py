import random
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from consult.dashboard import treatments
from consult.dashboard.treatments import Given
from consult.followups import checkin_answers
from consult.intake import actions
from consult.management import synthetic
from consult.models import Intake, Message, Role, Status, User, VisitType, WeeklyHours
from consult.rules.published import load_questionnaire

PASSWORD = "a quiet demo of the portal"  # noqa: S105 - printed at every demo start
STAFF = {
    "clinician@demo.example": ("Dr Paula Reyes", Role.CLINICIAN),
    "lead@demo.example": ("Dr Samuel Osei", Role.LEAD_CLINICIAN),
    "desk@demo.example": ("Nadia Klein", Role.FRONT_DESK),
    "editor@demo.example": ("Tomas Lind", Role.EDITOR),
    "reviewer@demo.example": ("Dr Ines Moreau", Role.CLINICAL_REVIEWER),
    "admin@demo.example": ("Robin Vega", Role.ADMINISTRATOR),
}


@dataclass(frozen=True)
class Case:
    """One made-up person, how long ago their form came in, and what has happened since."""

    name: str
    hours: int
    then: str = "waits"  # waits, draft, ready, hold or treated
    said: dict[str, Any] = field(default_factory=dict)


SAID_AFTERWARDS: dict[int, dict[str, Any]] = {
    1: {"ck.overall": "same", "ck.pain": 6, "ck.site": ["mild_soreness"], "ck.fever": "none"},
    3: {"ck.overall": "better", "ck.pain": 4, "ck.site": ["none"], "ck.fever": "none"},
}
CASES = [
    Case("Ana Aguilar", 3),
    Case("Bruno Keller", 30, said={"treatment__routes": ["not_sure"]}),
    Case("Carla Flores", 1, said={"safety__now": ["limb_swelling"]}),
    Case("Diego Novak", 20, said={"cancer__history": "being_tested"}),
    Case("Elena Castro", 52, said={"clot__history": ["dvt"], "treatment__routes": ["iv"]}),
    Case("Farid Haddad", 5, said={"infection__current": ["antibiotics_now"]}),
    Case("Grace Evans", 75, said={"goals__hopes": ["cure"], "concern__main": "ms"}),
    Case("Hugo Jensen", 8, said={"immune__autoimmune": ["lupus"], "allergy__anaphylaxis": "yes"}),
    Case("Ines Lopez", 100, "ready", said={"allergy__known": ["latex"]}),
    Case("Mira Lund", 240, "treated", said={"concern__pain": 7}),
    Case("Jonas Berg", 120, "hold", said={"transplant__status": "organ_transplant"}),
    Case("Kira Ito", 26, "draft"),
    Case("Luis Garza", 2, "draft", said={"safety__now": ["chest_pain"]}),
]


class Command(BaseCommand):
    help = "Fill an empty portal with a demo clinic: staff, opening hours, a dozen made-up cases."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("The demo has known passwords; it does not go with production.")
        if User.objects.filter(email=next(iter(STAFF))).exists():
            print("The demo clinic is there already; nothing was changed.")
            return
        with transaction.atomic():
            team = [add_staff(email, *who) for email, who in STAFF.items()]
            add_hours(team)
            add_visit_types()
            for case in CASES:
                add_case(case, by=team[0], now=timezone.now())
            leave_letters_of_the_past(now=timezone.now())
        print(f"Made {len(STAFF)} members of staff and {len(CASES)} made-up cases.")


def leave_letters_of_the_past(*, now: datetime) -> None:
    """What a worker would drop for being late left at its time: this clinic had no outage."""
    late = Message.objects.due(now).filter(expires_at__lte=now)
    late.order_by().update(status=Status.SENT, sent_at=F("not_before"))


def add_visit_types() -> None:
    """Half an hour for most; an hour where there is more to talk about; the clinic by request."""
    shared = {"after_minutes": 15, "notice_hours": 24}
    brief, long = {"to_rank": 2, "length_minutes": 30}, {"from_rank": 3, "length_minutes": 60}
    asked = {"booked_by": VisitType.BookedBy.REQUEST, "per_day_limit": 2, "length_minutes": 60}
    kinds: list[dict[str, Any]] = [
        {"name": "First talk", "mode": "video"} | brief,
        {"name": "First talk by phone", "mode": "phone"} | brief,
        {"name": "Longer first talk", "mode": "video"} | long,
        {"name": "Longer first talk by phone", "mode": "phone"} | long,
        {"name": "Visit at the clinic", "mode": "person"} | asked,
    ]
    for position, kind in enumerate(kinds):
        VisitType.objects.create(**kind, position=position, **shared)


def add_staff(email: str, full_name: str, role: Role) -> User:
    user = User.objects.create_user(email, PASSWORD, full_name=full_name)
    user.groups.add(Group.objects.get_or_create(name=role.value)[0])
    if role == Role.ADMINISTRATOR:
        user.is_staff = user.is_superuser = True
        user.save()
    TOTP.activate(user, generate_totp_secret())
    return user


def add_hours(team: list[User]) -> None:
    WeeklyHours.objects.bulk_create(
        WeeklyHours(
            clinician=clinician,
            weekday=weekday,
            starts=time(opens),
            ends=time(opens + 3),
            zone=settings.TIME_ZONE,
        )
        for clinician in team
        if clinician.is_clinical
        for weekday in range(5)
        for opens in (9, 13)
    )


def add_case(case: Case, *, by: User, now: datetime) -> None:
    """One case, made by the actions that make real ones."""
    rng = random.Random(case.name)  # noqa: S311 - made-up people, not secrets
    came = now - timedelta(hours=case.hours)
    intake = actions.start(language="en", now=came - timedelta(minutes=20))
    contact = {
        "full_name": case.name,
        "email": f"{case.name.split()[0].lower()}@demo.example",
        "phone": f"+52 664 555 {rng.randrange(10_000):04}",
        "preferred_language": rng.choice(["en", "es"]),
        "time_zone": settings.TIME_ZONE,
    }
    actions.save_contact(intake, contact=contact, now=came)
    calm = {"safety__now": ["none"], "treatment__routes": ["joint"]} | case.said
    said = synthetic.answers(load_questionnaire(), rng, on=timezone.localdate(came), **calm)
    file_steps(intake, said, last="s5_cancer" if case.then == "draft" else "", now=came)
    if case.then == "draft":
        return
    actions.submit(intake, signature=case.name, now=came)
    if case.then in {"ready", "hold", "treated"}:
        kind = "hold" if case.then == "hold" else "ready"
        reason = {"ready": "Nothing speaks against a first talk.", "hold": "Letter asked for."}
        later = came + timedelta(hours=2)
        actions.decide(intake, by=by, kind=kind, reason=reason[kind], now=later)
    if case.then == "treated":
        add_treatment(intake, by=by, now=now - timedelta(days=7))


def add_treatment(intake: Intake, *, by: User, now: datetime) -> None:
    """A week ago, with two check-ins answered; the questions of the week are open."""
    given = Given(
        given_on=timezone.localdate(now),
        clinician=by,
        appointment=None,
        source="donor_cord",
        routes=["joint"],
        product="Demo product",
        lot="DEMO-1",
        dose="10 million cells",
        notes="",
    )
    treatment = treatments.record(intake, given, by=by, now=now)
    person = User.objects.get(email=treatment.intake.contact_email)
    for day, said in SAID_AFTERWARDS.items():
        row = treatment.checkins.get(day=day)
        checkin_answers.answer(row, said=said, by=person, now=row.due_at)


def file_steps(intake: Intake, said: dict[str, Any], *, last: str, now: datetime) -> None:
    for step in load_questionnaire().steps:
        own = {one.id: said[one.id] for one in step.questions if one.id in said}
        actions.save_step(intake, step=step.id, answers=own, now=now)
        if step.id == last:
            return
