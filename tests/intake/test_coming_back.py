"""The session ends at every step of the form: what was saved is there after a code, and what was
just typed waits on the page to be saved."""

import re
from html import unescape
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from consult.models import Intake, IntakeSection, Message
from consult.rules.answers import clean
from consult.rules.published import load_questionnaire
from tests.factories import CONTACT, NOW, PERSONAS, send
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
    assert send(client).url == reverse("consult:status")


def test_what_saved_itself_before_the_session_ended_is_there_as_well() -> None:
    client = Client()
    client.post(reverse("consult:start"))
    client.post(address("s1_you"), of_step("s1_you", ANSWERS))
    client.post(reverse("consult:contact"), CONTACT)
    half = {"concern.details": "Half a sentence", "autosave": "1", "version": "0"}
    client.post(address("s2_concern"), half)
    Session.objects.all().delete()
    assert "Half a sentence" in sign_in_by_code().get(address("s2_concern")).text


# --------------------------------------------------------- the session ends while somebody types
def entered(page: Any) -> dict[str, list[str]]:
    """What the page holds to be posted again."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page.text):
        found.setdefault(name, []).append(unescape(value))
    return found


def begun() -> Client:
    client = Client()
    client.post(reverse("consult:start"))
    client.post(address("s1_you"), of_step("s1_you", ANSWERS))
    client.post(reverse("consult:contact"), CONTACT)
    return client


@pytest.mark.parametrize("signed_in", [False, True], ids=["anonymous", "owner"])
def test_what_was_typed_when_the_session_ended_is_saved_after_a_code(signed_in: bool) -> None:
    client, expected = begun(), dict(stored_of("s1_you"))
    for step in STEPS[1:]:
        if signed_in:
            client = sign_in_by_code()
        typed = of_step(step, ANSWERS) | {"version": client.get(address(step)).context["version"]}
        Session.objects.all().delete()
        page = client.post(address(step), typed)
        assert (page.status_code, page.context["why"]) == (409, "ended")
        assert stored() == expected

        client = sign_in_by_code()
        again = entered(page)
        client.post(address(step), again)
        client.post(address(step), again)  # what branching opened
        expected |= stored_of(step)
        assert stored() == expected
    assert expected == clean(load_questionnaire(), ANSWERS, NOW.date())


def stored_of(step: str) -> dict[str, Any]:
    ids = [question.id for question in load_questionnaire().step(step).questions]
    return {key: one for name in ids for key, one in AFTER.get(name, {}).items()}


def test_contact_details_typed_when_the_session_ended_wait_as_well() -> None:
    client = begun()
    Session.objects.all().delete()
    page = client.post(reverse("consult:contact"), CONTACT | {"phone": "+1 555 0100"})
    sign_in_by_code().post(reverse("consult:contact"), entered(page))
    assert Intake.objects.get().contact == CONTACT | {"phone": "+1 555 0100"}


def test_before_the_address_is_known_the_form_is_begun_anew_and_nothing_typed_is_lost() -> None:
    client = Client()
    client.post(reverse("consult:start"))
    Session.objects.all().delete()
    first = client.post(address("s1_you"), of_step("s1_you", ANSWERS))
    second = client.post(address("s2_concern"), of_step("s2_concern", ANSWERS))
    assert not IntakeSection.objects.exists()

    client.post(reverse("consult:start"))
    waits = client.post(address("s2_concern"), entered(second))
    assert (waits.status_code, waits.context["why"]) == (409, "agreement")
    client.post(address("s1_you"), entered(first))
    client.post(address("s2_concern"), entered(waits))
    kept = Intake.objects.order_by("started_at").last()
    assert kept.answers() == stored_of("s1_you") | stored_of("s2_concern")


def test_a_danger_sign_typed_when_the_session_ended_is_answered_at_once() -> None:
    typed = of_step("s1_you", ANSWERS) | {"safety.now": "chest_pain", "person.country": "uk"}
    page = Client().post(address("s1_you"), typed)
    assert "Call 999" in page.text


def test_what_waits_is_repeated_as_text() -> None:
    page = Client().post(address("s2_concern"), {"concern.details": '"><script>alert(1)'})
    assert "<script>alert" not in page.text
    assert entered(page)["concern.details"] == ['"><script>alert(1)']


def test_after_signing_in_elsewhere_a_stale_token_loses_nothing() -> None:
    browser = Client(enforce_csrf_checks=True)
    typed = of_step("s2_concern", ANSWERS) | {"csrfmiddlewaretoken": "x" * 64}
    refused = browser.post(address("s2_concern"), typed)
    assert (refused.status_code, "concern.main" in refused.text) == (403, False)
    own = browser.post(address("s2_concern"), typed, headers={"origin": "http://testserver"})
    assert (own.status_code, own.context["why"]) == (409, "page")
    assert entered(own)["concern.main"] == [ANSWERS["concern.main"]]
    other = browser.post(address("s2_concern"), typed, headers={"origin": "https://other.example"})
    assert other.status_code == 403
