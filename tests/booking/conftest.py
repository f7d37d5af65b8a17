from typing import Any

import pytest
from django.test import Client

from consult.models import Intake, User, VisitType
from tests import factories


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
