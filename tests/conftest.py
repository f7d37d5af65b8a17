from importlib import import_module
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import Client

from content.serving import version
from tests import factories


def pytest_configure() -> None:
    # Each test client would search every package for static files; the browser tests' live
    # server finds them by itself.
    settings.WHITENOISE_USE_FINDERS = False
    # Argon2 is slow on purpose; no test is about that.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Each request asks whether pages have changed: what a test counts does not hang on the clock.
    settings.CONTENT_LOOK_SECONDS = 0


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> None:
    """Tests that commit empty the tables at their end, which the append-only triggers refuse."""
    triggers = import_module("consult.migrations.0002_append_only")
    operations, vendor = type(connection.ops), connection.vendor
    flush = operations.execute_sql_flush

    def without_triggers(self: Any, statements: list[str]) -> None:
        flush(self, [*triggers.DOWN[vendor], *statements, *triggers.UP[vendor]])

    operations.execute_sql_flush = without_triggers


@pytest.fixture(autouse=True)
def _nothing_left_in_the_cache() -> None:
    cache.clear()  # sign-in limits must not leak from one test into the next
    version.known.forget()  # nor pages, which a test's end rolls back unseen


@pytest.fixture
def clinician(db: None) -> Any:
    return factories.clinician()


@pytest.fixture
def clinician_client(clinician: Any) -> Client:
    client = Client()
    client.force_login(clinician)
    return client
