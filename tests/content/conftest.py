from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from wagtail.models import Page

from content.making.groups import make_groups
from content.making.tree import Outcome, make_pages


@pytest.fixture(scope="package")
def pages(django_db_setup: None, django_db_blocker: Any) -> Iterator[Outcome]:
    """Every page, made once for all tests here; each test's own changes are rolled back."""
    with django_db_blocker.unblock(), transaction.atomic():
        outcome = make_pages()
        make_groups()
        yield outcome
        transaction.set_rollback(True)


@pytest.fixture
def page_at(pages: Outcome, db: None) -> Any:
    def find(address: str) -> Page:
        return Page.objects.get(url_path=f"/portal{address}").specific

    return find
