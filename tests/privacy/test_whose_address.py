"""What depends on whether the address in a form is the person's own: a code has confirmed it."""

from typing import Any

import pytest
from django.test import Client

from consult.fields import blind_index
from consult.followups import suppression
from consult.intake import actions
from consult.intake.people import change_address, change_contact
from consult.intake.refusals import NotAllowed
from consult.models import Intake, Message, Suppression, User
from tests.confirming import move_letters
from tests.factories import NOW, UserFactory, draft, submitted
from tests.followups.rows import HOUR, in_state
from tests.privacy.conftest import signed_in

pytestmark = pytest.mark.django_db
BEN = "ben@example.org"
REACH = {"email": BEN, "phone": "+52 664 123 4567", "time_zone": "America/Tijuana"}
STOPPED = "You have stopped these letters in your mail program"
COMES_BACK = "Mail to this address comes back"


@pytest.fixture(autouse=True)
def _now(at_now: None) -> None:
    pass


@pytest.fixture
def ben(db: None) -> Client:
    return signed_in(UserFactory(email=BEN))


@pytest.fixture
def second(sent: Intake) -> Intake:
    """Ana's second form, sent and not yet tied to her account."""
    return submitted(email="ana@example.org")


def page(form: Intake, name: str) -> str:
    return f"/consult/my-data/forms/{form.code}/{name}/"


def stop(address: str, *, scope: str, reason: str) -> None:
    index = blind_index("email", address)
    suppression.stop(index, scope=scope, reason=reason, by=None, now=NOW)


# ------------------------------------------------------------------- a form that nobody holds yet
def test_whoever_changes_the_address_of_their_form_keeps_the_form(ana, sent, second, ben):
    move_letters(ana, second, BEN)
    second.refresh_from_db()
    assert (second.contact_email, second.owner) == (BEN, sent.owner)
    assert ana.get(page(second, "reach")).status_code == 200
    assert actions.claim(User.objects.get(email=BEN), now=NOW) == 0
    assert ben.get(page(second, "reach")).status_code == 404


def test_nobody_changes_a_form_that_is_not_theirs_by_now(sent, second, stranger):
    other = User.objects.get(pk=stranger.session["_auth_user_id"])
    for form, by in [(second, None), (second, other), (sent, other), (sent, None)]:
        with pytest.raises(NotAllowed):
            change_contact(form, contact={"phone": "+52 1"}, by=by, now=NOW)
        with pytest.raises(NotAllowed):
            change_address(form, email=BEN, by=by, now=NOW)
        form.refresh_from_db()
        assert form.contact_email == "ana@example.org"


# ------------------------------------------------------------- what is told of an address, to whom
def with_draft(form: Intake) -> Client:
    client = Client()
    session = client.session
    session["draft"] = str(form.pk)
    session.save()
    return client


@pytest.mark.parametrize("name", ["letters", "reach"])
def test_a_visitor_learns_nothing_of_an_address_they_have_typed(ben, name):
    stop(BEN, scope="care", reason="unsubscribed")
    stop(BEN, scope="all", reason="complained")
    form = draft({"consent.email": True}, email=BEN)
    text = with_draft(form).get(page(form, name), follow=True).content.decode()
    assert (STOPPED in text, COMES_BACK in text) == (False, False)


def test_nor_does_somebody_who_has_signed_in_and_given_another_address(ana, sent, ben):
    stop(BEN, scope="care", reason="unsubscribed")
    stop(BEN, scope="all", reason="complained")
    ana.post(page(sent, "reach"), REACH)
    text = ana.get(page(sent, "letters")).content.decode()
    assert (STOPPED in text, COMES_BACK in text) == (False, False)
    assert "do not reach you" not in ana.get("/consult/status/").content.decode()


def test_their_own_address_they_are_told_of(ana, sent):
    stop(sent.contact_email, scope="care", reason="unsubscribed")
    stop(sent.contact_email, scope="all", reason="complained")
    text = ana.get(page(sent, "letters")).content.decode()
    assert (STOPPED in text, COMES_BACK in text) == (True, True)
    assert "do not reach you" in ana.get("/consult/status/").content.decode()


# ------------------------------------------------------------------------- who may lift what stands
def test_nobody_lets_letters_come_again_to_a_mailbox_that_is_not_theirs(ana, sent, ben):
    theirs: Any = {"recipient": BEN, "category": "care", "not_before": NOW + 9 * HOUR}
    waiting = in_state("scheduled", intake=draft({}, email=BEN), **theirs)
    stop(BEN, scope="care", reason="unsubscribed")
    ana.post(page(sent, "reach"), REACH)
    ana.post(page(sent, "letters"), {"again": "yes"})
    assert Suppression.objects.standing().count() == 1
    assert not Message.objects.filter(idem_key=f"{waiting.idem_key}~2").exists()
