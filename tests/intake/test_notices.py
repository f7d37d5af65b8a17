"""What the status page says where no letter can be written."""

from datetime import timedelta

import pytest
from django.test import Client

from consult.intake.answering import erase_stale_drafts
from consult.intake.notices import still_deciding
from consult.models import Appointment, Intake, User, VisitType
from tests.factories import NOW, UserFactory, VisitTypeFactory, appointment, draft, ready, treated

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


# ------------------------------------------------------------------------------ nothing with us
def page_after_signing_in(person: User) -> str:
    client = Client()
    client.force_login(person)
    return client.get("/consult/after-sign-in/", follow=True).content.decode()


def test_whoever_has_no_form_can_begin_one():
    page = page_after_signing_in(UserFactory(email="ana@example.org"))
    assert "You have no form with us." in page
    assert "Start the form" in page


@pytest.mark.parametrize("is_owned", [True, False], ids=["owned", "known by the address"])
def test_whoever_comes_back_too_late_is_told_that_the_form_was_erased(is_owned):
    form = draft(now=NOW - 31 * DAY, email="ana@example.org")
    person = User.objects.get(email="ana@example.org")
    Intake.objects.filter(pk=form.pk).update(owner=person if is_owned else None)
    erase_stale_drafts(now=NOW)
    page = page_after_signing_in(person)
    assert "Your form was not sent, so it was erased with all its answers on" in page
    other = UserFactory(email="ben@example.org")
    assert "erased with all its answers" not in page_after_signing_in(other)
