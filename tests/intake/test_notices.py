"""What the status page says where no letter can be written."""

from datetime import timedelta

import pytest
from django.test import Client

from consult.intake.notices import still_deciding
from consult.models import Appointment, Intake, VisitType
from tests.factories import NOW, VisitTypeFactory, appointment, ready, treated

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def talked() -> Intake:
    """Nine days ago, of somebody who does not want e-mail."""
    form = ready()
    form.consents.filter(purpose="consent.email").update(given=False)
    appointment(form, starts_at=NOW - 9 * DAY, status=Appointment.Status.ATTENDED)
    return form


def test_a_week_after_a_talk_the_page_says_that_there_is_time(talked):
    client = Client()
    client.force_login(talked.owner)
    assert "Take the time you need" in client.get("/consult/status/").content.decode()


def test_whoever_gets_the_letter_is_not_told_twice_and_nobody_too_early(talked):
    assert still_deciding([talked], now=NOW) == {talked.pk}
    assert still_deciding([talked], now=NOW - 3 * DAY) == set()
    talked.consents.filter(purpose="consent.email").update(given=True)
    assert still_deciding([talked], now=NOW) == set()


@pytest.mark.parametrize("decision", ["planned", "given", "closed"])
def test_a_decision_ends_it(talked, decision):
    if decision == "planned":
        kind = VisitTypeFactory(purpose=VisitType.Purpose.TREATMENT)
        appointment(talked, visit_type=kind)
    elif decision == "given":
        treated(talked)
    else:
        talked.state = Intake.State.NOT_SUITABLE
    assert still_deciding([talked], now=NOW) == set()
