"""A person changes the address that they sign in with."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from consult.followups.codes import Entered
from consult.models import AddressChange, AuditEvent, Intake, Message, Role, User
from tests.confirming import codes, new_code
from tests.factories import UserFactory, draft, ready, staff, submitted
from tests.privacy.conftest import AT

pytestmark = pytest.mark.django_db
PAGE = "/consult/my-data/sign-in/"
CODE = f"{PAGE}code/"
NEW, OLD = "new@example.org", "ana@example.org"


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(AT, tick=False) as clock:
        yield clock


@pytest.fixture
def form() -> Intake:
    return ready()


@pytest.fixture
def ana(form: Intake) -> Client:
    return by_code(OLD)


def sign_in_code(address: str) -> str:
    rows = Message.objects.filter(event="sign_in_code", status="scheduled")
    (letter,) = [one for one in rows if one.recipient == address]
    code = str(letter.values["code"])
    letter.delete()
    return code


def by_code(address: str) -> Client:
    client = Client()
    client.post(reverse("consult:sign_in"), {"email": address})
    client.post(reverse("account_confirm_login_code"), {"code": sign_in_code(address)})
    return client


def is_signed_in(client: Client) -> bool:
    return "Your sign-in" in client.get("/consult/my-data/", follow=True).text


def asked(client: Client, email: str = NEW) -> str:
    before = codes()
    client.post(PAGE, {"email": email})
    return new_code(before)


def changed(client: Client, email: str = NEW) -> Any:
    return client.post(CODE, {"code": asked(client, email)}, follow=True)


def test_the_new_address_signs_in_and_the_old_one_no_more(ana, form):
    person = form.owner
    assert "From now on you sign in with new@example.org" in changed(ana).text
    person.refresh_from_db()
    assert person.email == NEW
    assert is_signed_in(by_code(NEW))
    Client().post(reverse("consult:sign_in"), {"email": OLD})
    assert not Message.objects.filter(event="sign_in_code", status="scheduled").exists()


def test_until_the_code_is_entered_nothing_changes(ana, form):
    asked(ana)
    assert Entered.WRONG in ana.post(CODE, {"code": "BCDF-GHJK"}, follow=True).text
    assert User.objects.get(pk=form.owner.pk).email == OLD
    assert is_signed_in(by_code(OLD))


def test_letters_follow_and_those_that_went_elsewhere_stay_there(ana, form):
    elsewhere, waiting, own_draft = ready(email="other@example.org"), submitted(), draft({})
    Intake.objects.filter(pk__in=[elsewhere.pk, own_draft.pk]).update(owner=form.owner)
    changed(ana)
    found = [Intake.objects.get(pk=one.pk) for one in (form, elsewhere, waiting, own_draft)]
    assert [one.contact_email for one in found] == [NEW, "other@example.org", NEW, NEW]
    assert {one.owner for one in found} == {form.owner}
    invite = Message.objects.get(intake=form, event="booking_invite")
    assert invite.recipient == NEW


def test_the_old_address_is_told(ana, form):
    changed(ana)
    note = Message.objects.get(event="sign_in_moved")
    assert (note.recipient, note.category, note.intake) == (OLD, "service", None)
    did = AuditEvent.objects.about(form.owner).values_list("did", flat=True)
    assert "changed their sign-in" in did
    told = str(list(AuditEvent.objects.values_list("details", flat=True)))
    assert (NEW in told, OLD in told) == (False, False)


def test_every_other_session_ends_and_this_one_goes_on(ana, form):
    other = by_code(OLD)
    assert is_signed_in(other)
    changed(ana)
    assert (is_signed_in(ana), is_signed_in(other)) == (True, False)


def test_a_code_asked_for_with_the_old_address_opens_nothing_afterwards(ana):
    elsewhere = Client()
    elsewhere.post(reverse("consult:sign_in"), {"email": OLD})
    code = sign_in_code(OLD)
    changed(ana)
    elsewhere.post(reverse("account_confirm_login_code"), {"code": code})
    assert "_auth_user_id" not in elsewhere.session


def test_a_sign_in_that_is_long_ago_has_to_be_shown_again(ana, clock):
    clock.shift(timedelta(minutes=16))
    shown = ana.get(PAGE).text
    assert ("Sign in again" in shown, 'name="email"' in shown) == (True, False)
    ana.post(PAGE, {"email": NEW})
    assert codes() == set()
    answer = ana.post(PAGE, {"afresh": "yes"})
    after = parse_qs(urlsplit(answer["Location"]).query)["next"][0]
    assert after == "/consult/after-sign-in/?next=%2Fconsult%2Fmy-data%2Fsign-in%2F"
    assert not is_signed_in(ana)


@pytest.mark.parametrize("kind", ["a patient", "staff", "merged"])
def test_the_address_of_another_account_is_answered_the_same_and_never_changed(ana, form, kind):
    other = staff(Role.CLINICIAN) if kind == "staff" else UserFactory()
    if kind == "merged":
        User.objects.filter(pk=other.pk).update(merged_into=form.owner, is_active=False)
    before = list(User.objects.filter(pk=other.pk).values())
    answers = []
    for email in (NEW, other.email):
        answer = ana.post(PAGE, {"email": email})
        text = ana.get(answer["Location"]).text.replace(email, "*")
        plain = re.sub(r'value="[^"]{60,}"|nonce="[^"]+"|nonce-\S+', "", text)
        answers.append((answer.status_code, answer["Location"], plain))
    assert answers[0] == answers[1]
    letter = Message.objects.get(event="address_taken")
    assert (letter.recipient, letter.values) == (other.email, {})
    assert Entered.WRONG in ana.post(CODE, {"code": "BCDF-GHJK"}, follow=True).text
    assert list(User.objects.filter(pk=other.pk).values()) == before
    assert User.objects.get(pk=form.owner.pk).email == OLD


def test_an_account_made_with_it_meanwhile_is_not_changed_either(ana, form):
    code = asked(ana)
    other = UserFactory(email=NEW)
    before = User.objects.filter(pk=other.pk).values().get()
    answer = ana.post(CODE, {"code": code})
    assert Entered.GONE in answer.text
    assert User.objects.filter(pk=other.pk).values().get() == before
    assert User.objects.get(pk=form.owner.pk).email == OLD
    assert is_signed_in(ana)


def test_staff_have_no_such_page():
    client = Client()
    client.force_login(staff(Role.FRONT_DESK))
    assert [client.get(one).status_code for one in (PAGE, CODE)] == [404, 404]


def test_who_has_not_signed_in_is_led_there():
    for one in (PAGE, CODE):
        assert Client().get(one)["Location"] == "/consult/sign-in/"
        assert Client().post(one, {"email": NEW})["Location"] == "/consult/sign-in/"


def test_it_can_be_given_up_and_asked_for_again(ana):
    first = asked(ana)
    assert "You sign in as before." in ana.post(CODE, {"cancel": "yes"}, follow=True).text
    assert not AddressChange.objects.exists()
    ana.post(CODE, {"code": first})
    before = codes()
    asked(ana)
    ana.post(CODE, {"send": "yes"})
    assert len(codes() - before) == 2
    assert "Until you enter it, you sign in with ana@example.org" in ana.get(CODE).text


@pytest.mark.parametrize(
    "email", ["", "no address", "a@b", "\x00", "x" * 300 + "@example.org", OLD]
)
def test_what_is_no_new_address_is_said_at_the_field(ana, email):
    answer = ana.post(PAGE, {"email": email})
    assert answer.status_code == 422
    assert codes() == set()


def test_posts_need_the_token(form):
    client = Client(enforce_csrf_checks=True)
    client.force_login(form.owner)
    assert [client.post(one, {"code": "x"}).status_code for one in (PAGE, CODE)] == [403, 403]
