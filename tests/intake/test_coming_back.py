"""The session ends at every step of the form: what was saved is there after a code."""

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from consult.models import Message
from consult.rules.answers import clean
from consult.rules.published import load_questionnaire
from tests.factories import CONTACT, NOW, PERSONAS
from tests.intake.test_views import STEPS, address, of_step, stored

pytestmark = pytest.mark.django_db
ANSWERS = PERSONAS["P09"]["answers"]
AFTER = {key: clean(load_questionnaire(), {key: one}, NOW.date()) for key, one in ANSWERS.items()}


def sign_in_by_code() -> Client:
    """On another device, with nothing but the address."""
    cache.clear()  # as if time had passed: so many codes in a minute are refused
    client = Client()
    client.post(reverse("consult:sign_in"), {"email": CONTACT["email"]})
    letter = Message.objects.filter(event="sign_in_code").order_by("created_at").last()
    client.post(reverse("account_confirm_login_code"), {"code": letter.values["code"]})
    assert client.get(reverse("consult:after_sign_in")).url == reverse("consult:tasks")
    return client


def test_what_was_saved_is_found_again_although_the_session_ends_at_every_step() -> None:
    client, expected = Client(), {}
    client.post(reverse("consult:start"))
    for step in STEPS:
        answers = of_step(step, ANSWERS)
        client.post(address(step), answers)
        client.post(address(step), answers)  # what branching opened
        client.post(reverse("consult:contact"), CONTACT)
        for key in [question.id for question in load_questionnaire().step(step).questions]:
            expected |= AFTER.get(key, {})
        Session.objects.all().delete()
        assert client.get(address(step)).url == reverse("consult:start")

        client = sign_in_by_code()
        assert stored() == expected
        form = client.get(address(step)).context["form"]
        assert {key: form.initial.get(key) for key in form.shown} == {
            key: expected.get(key) for key in form.shown
        }
    assert client.post(reverse("consult:check")).url == reverse("consult:status")


def test_what_saved_itself_before_the_session_ended_is_there_as_well() -> None:
    client = Client()
    client.post(reverse("consult:start"))
    client.post(address("s1_you"), of_step("s1_you", ANSWERS))
    client.post(reverse("consult:contact"), CONTACT)
    half = {"concern.details": "Half a sentence", "autosave": "1", "version": "0"}
    client.post(address("s2_concern"), half)
    Session.objects.all().delete()
    assert "Half a sentence" in sign_in_by_code().get(address("s2_concern")).text
