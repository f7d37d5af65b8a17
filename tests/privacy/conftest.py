from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from tests import factories

AT = factories.NOW + timedelta(hours=1)  # an hour after the form was sent


@pytest.fixture
def at_now() -> Iterator[None]:
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def sent(db: None) -> Any:
    """Ana's form, ready to book, her own."""
    return factories.ready()


@pytest.fixture
def ana(sent: Any) -> Client:
    return signed_in(sent.owner)


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def stranger(db: None) -> Client:
    return signed_in(factories.UserFactory())
