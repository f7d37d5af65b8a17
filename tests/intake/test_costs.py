"""What a page of the form costs, however much has been answered."""

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from consult.intake.drafts import DRAFT
from consult.models import Intake
from tests import factories
from tests.factories import PERSONAS

PAGE = "/consult/intake/s2_concern/"
MOST = 5


def queries_of(intake: Intake) -> int:
    client = Client()
    session = client.session
    session[DRAFT] = str(intake.pk)
    session.save()
    client.cookies["session"] = session.session_key
    client.get(PAGE)  # what is read once and kept
    with CaptureQueriesContext(connection) as seen:
        assert client.get(PAGE).status_code == 200
    return len(seen)


def test_a_page_costs_the_same_few_queries_however_much_is_answered(db: None) -> None:
    agreed = factories.draft({"consent.data": True})
    complete = factories.draft(PERSONAS["P01"]["answers"], email="ben@example.org")
    costs = [queries_of(agreed), queries_of(complete)]
    assert costs[0] == costs[1] <= MOST
