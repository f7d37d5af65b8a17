from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client

from consult.models import Role
from tests import factories


def signed_in_as(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def front_desk_client(db: None) -> Client:
    return signed_in_as(factories.staff(Role.FRONT_DESK, full_name="Noor Haddad"))


@pytest.fixture
def lead_client(db: None) -> Client:
    return signed_in_as(factories.staff(Role.LEAD_CLINICIAN, full_name="Lena Okafor"))


@pytest.fixture
def administrator_client(db: None) -> Client:
    return signed_in_as(factories.staff(Role.ADMINISTRATOR, full_name="Ada Stone", is_staff=True))


@pytest.fixture
def at_now() -> Iterator[None]:
    with time_machine.travel(factories.NOW, tick=False):
        yield


@pytest.fixture
def received(db: None) -> Any:
    """The letter that a form handed in has caused."""
    return factories.submitted("P01").messages.get()
