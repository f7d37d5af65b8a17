from typing import Any

import pytest
from django.test import Client

from consult.booking import blocks
from consult.booking.waitlist_look import look
from consult.models import Intake, User, VisitType, WaitlistOffer
from tests import factories
from tests.booking.waiting import free_up, waiting
from tests.factories import NOW, at


@pytest.fixture
def doctor(db: None) -> User:
    return factories.opened(factories.clinician(full_name="Dr Luisa Ortega"))


@pytest.fixture
def talk(db: None) -> VisitType:
    return factories.VisitTypeFactory()


@pytest.fixture
def ana(doctor: User) -> Intake:
    """A form set ready; the patient is its owner."""
    return factories.ready(by=doctor)


@pytest.fixture
def patient(ana: Intake) -> Client:
    client = Client()
    client.force_login(ana.owner)
    return client


@pytest.fixture
def _today(time_machine: Any) -> None:
    time_machine.move_to(factories.NOW, tick=False)


@pytest.fixture
def full(doctor: Any) -> None:
    """Nothing is free in the week of the 24th until something is opened again."""
    for day in range(23, 28):
        for starts, ends in (("09:00", "13:00"), ("14:00", "18:00")):
            blocks.block(
                doctor,
                starts_at=at(f"2026-11-{day}T{starts}"),
                ends_at=at(f"2026-11-{day}T{ends}"),
                words="",
                by=doctor,
                now=NOW,
            )


@pytest.fixture
def offer(ana: Any, talk: Any, doctor: Any, full: None) -> WaitlistOffer:
    waiting(ana, talk)
    free_up(doctor)
    look(now=NOW)
    return WaitlistOffer.objects.get()
