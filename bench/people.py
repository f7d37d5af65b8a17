"""People with a form that is ready to book with, and clinicians with hours: many, quickly made."""

import uuid
from datetime import datetime, time, timedelta

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import Group
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session

from consult.models import Intake, Role, User, WeeklyHours
from consult.rules.published import load_questionnaire

AT_ONCE = 5000
ZONE = settings.TIME_ZONE
HOURS = [(time(9), time(13)), (time(14), time(18))]
WORKING_DAYS = 5


def clinicians(count: int) -> list[User]:
    people = User.objects.bulk_create(
        User(email=f"clinician{n}@example.org", full_name=f"Clinician {n:02}", password="!")  # noqa: S106 - none
        for n in range(count)
    )
    group, _ = Group.objects.get_or_create(name=Role.CLINICIAN.value)
    group.user_set.add(*people)
    WeeklyHours.objects.bulk_create(
        WeeklyHours(clinician=one, weekday=weekday, starts=starts, ends=ends, zone=ZONE)
        for one in people
        for weekday in range(WORKING_DAYS)
        for starts, ends in HOURS
    )
    return people


def ready(count: int, *, now: datetime, name: str = "patient") -> list[Intake]:
    """As many people, each with a form that a clinician has set ready."""
    names = [f"{name}.{n}@example.org" for n in range(count)]
    people = User.objects.bulk_create(
        [User(email=name, full_name="Ana Torres", password="!") for name in names]  # noqa: S106
    )
    return Intake.objects.bulk_create(
        Intake(
            owner=one,
            state=Intake.State.READY,
            questionnaire=load_questionnaire().version,
            contact={"full_name": "Ana Torres", "email": name, "time_zone": ZONE},
            started_at=now,
            saved_at=now,
            submitted_at=now,
        )
        for one, name in zip(people, names, strict=True)
    )


def sign_in(people: list[User]) -> list[str]:
    """A session for each; their cookies."""
    store, until = SessionStore(), datetime.now().astimezone() + timedelta(hours=12)
    sessions = [
        Session(
            session_key=uuid.uuid4().hex,
            session_data=store.encode(
                {
                    SESSION_KEY: str(one.pk),
                    BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
                    HASH_SESSION_KEY: one.get_session_auth_hash(),
                }
            ),
            expire_date=until,
        )
        for one in people
    ]
    Session.objects.bulk_create(sessions)
    return [f"{settings.SESSION_COOKIE_NAME}={one.session_key}" for one in sessions]


def store(count: int, *, now: datetime) -> None:
    """People with forms who only stand there."""
    for first in range(0, count, AT_ONCE):
        ready(AT_ONCE, now=now, name=f"stored{first}")
