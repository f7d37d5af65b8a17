"""Somebody to call if the person does not answer: named in the form, changed afterwards."""

from typing import Any

import pytest
from django.test import Client

from consult.followups.named import Named, named_by
from consult.intake.forms import ContactForm, ReachForm
from consult.models import Intake
from tests import factories
from tests.factories import CONTACT

pytestmark = pytest.mark.django_db
ROSA = {"named_name": "Rosa Vega", "named_phone": "+52 664 999 0000", "named_relation": "child"}


def errors(**said: str) -> dict[str, Any]:
    return dict(ContactForm(CONTACT | said).errors)


def test_nobody_has_to_be_named_and_then_nothing_is_stored_of_it() -> None:
    form = ContactForm(CONTACT)
    assert (form.is_valid(), form.contact()) == (True, CONTACT)
    stray = ContactForm(CONTACT | {"named_relation": "friend"})
    assert (stray.is_valid(), stray.contact()) == (True, CONTACT)


def test_whoever_is_named_can_be_called() -> None:
    form = ContactForm(CONTACT | ROSA)
    assert (form.is_valid(), form.contact()) == (True, CONTACT | ROSA)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            {"named_name": "Rosa"},
            {"named_phone": ["Please write the phone number of the person you named."]},
        ),
        (
            {"named_phone": "+52 664 1"},
            {"named_name": ["Please write whose phone number this is."]},
        ),
        (
            {"named_name": "Rosa", "named_phone": "call me"},
            {"named_phone": ["Please write a phone number like +52 664 123 4567."]},
        ),
        (
            ROSA | {"named_relation": "enemy"},
            {"named_relation": ["Please choose one of those listed."]},
        ),
    ],
)
def test_half_of_it_is_asked_for_in_one_clear_sentence(said: Any, told: Any) -> None:
    assert errors(**said) == told


@pytest.mark.parametrize("said", ["a\0b", "x" * 121])
def test_what_cannot_be_a_name_is_no_error_of_ours(said: str) -> None:
    assert "named_name" in errors(named_name=said, named_phone="+52 664 1")


def test_it_is_asked_on_the_page_and_kept_with_the_form() -> None:
    client = Client()
    client.post("/consult/", follow=True)
    page = client.get("/consult/intake/contact/").text
    assert "Whom may we call if we cannot reach you? (You can skip this.)" in page
    assert client.post("/consult/intake/contact/", CONTACT | ROSA).status_code == 302
    assert named_by(Intake.objects.get()) == Named(
        "Rosa Vega", "+52 664 999 0000", "Son or daughter"
    )
    assert "Rosa Vega, +52 664 999 0000" in client.get("/consult/intake/check/").text


def test_after_sending_it_can_be_named_changed_and_taken_out() -> None:
    intake = factories.ready()
    client = Client()
    client.force_login(intake.owner)
    path = f"/consult/my-data/forms/{intake.code}/reach/"
    sent = {key: CONTACT[key] for key in ("email", "phone", "time_zone")}
    assert client.post(path, sent | ROSA).status_code == 302
    intake.refresh_from_db()
    assert named_by(intake) is not None
    assert "Rosa Vega" in client.get("/consult/my-data/").text
    assert client.post(path, sent).status_code == 302
    intake.refresh_from_db()
    assert named_by(intake) is None
    assert ReachForm(initial=intake.contact)["named_name"].value() == ""
