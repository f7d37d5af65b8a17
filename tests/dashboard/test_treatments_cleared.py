"""A treatment that was given is recorded, and who records it is told where it was not cleared."""

from typing import Any

import pytest
from django.contrib.messages import get_messages

from tests import factories
from tests.dashboard.test_queue import text_of
from tests.dashboard.test_treatments import new, posted

pytestmark = pytest.mark.usefixtures("at_now")
NOT_CLEARED = "This form is not cleared for a treatment"
UNDECIDED = "no clinician has decided that this form is ready"


def told(response: Any) -> list[str]:
    return [str(one) for one in get_messages(response.wsgi_request)]


def test_a_form_that_is_cleared_brings_no_warning(clinician: Any, clinician_client: Any) -> None:
    intake = factories.ready(by=clinician)
    assert NOT_CLEARED not in text_of(clinician_client.get(new(intake)))
    saved = clinician_client.post(new(intake), posted(clinician))
    assert told(saved) == ["The treatment is recorded. The check-ins are planned."]


def test_one_that_is_not_cleared_is_recorded_with_a_warning(
    clinician: Any, clinician_client: Any
) -> None:
    intake = factories.submitted()
    page = text_of(clinician_client.get(new(intake)))
    assert NOT_CLEARED in page
    assert UNDECIDED in page
    saved = clinician_client.post(new(intake), posted(clinician))
    assert (saved.status_code, intake.treatments.count()) == (302, 1)
    assert told(saved)[0] == f"The form was not cleared for a treatment: {UNDECIDED}."


def test_the_questions_before_the_visit_count(clinician: Any, clinician_client: Any) -> None:
    intake = factories.ready(by=clinician)
    visit = factories.appointment(intake, status="attended", starts_at=factories.NOW)
    saved = clinician_client.post(new(intake), posted(clinician, appointment=visit.pk))
    assert "the questions before the treatment are not answered" in told(saved)[0]
