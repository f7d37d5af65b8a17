"""The card that interrupts: once for each danger, and how the person went on from it."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from consult.models import AuditEvent, Intake
from tests.factories import CONTACT
from tests.intake.test_views import P01, address, checked, of_step, stored

pytestmark = pytest.mark.django_db
CARD = reverse("consult:urgent")
FIRST = address("s1_you")


@pytest.fixture
def alarmed() -> Client:
    client = Client()
    client.post(reverse("consult:start"))
    answer(client, "chest_pain")
    client.post(reverse("consult:contact"), CONTACT)
    return client


def answer(client: Client, *signs: str) -> str:
    """Where the first part leads with these danger signs."""
    return str(client.post(FIRST, of_step("s1_you", P01) | {"safety.now": signs}).url)


def go(client: Client, choice: str) -> str:
    """Press a button of the card as it stands in the page."""
    shown = re.findall(r'name="card" value="(\w+)"', client.get(CARD).text)
    return str(client.post(CARD, {"choice": choice, "card": shown}).url)


def events() -> list[tuple[str, dict[str, int]]]:
    found = AuditEvent.objects.about(Intake.objects.get()).filter(details__has_key="cards")
    return list(found.order_by("pk").values_list("did", "details"))


def test_the_card_comes_again_until_the_person_has_gone_on_from_it(alarmed: Client) -> None:
    assert answer(alarmed, "chest_pain") == CARD
    assert go(alarmed, "go_on") == reverse("consult:tasks")
    assert answer(alarmed, "chest_pain") == checked("s1_you")
    assert events() == [("went on after the urgent card", {"cards": 1})]


def test_another_danger_brings_the_card_again(alarmed: Client) -> None:
    go(alarmed, "go_on")
    assert answer(alarmed, "chest_pain", "self_harm") == CARD
    go(alarmed, "go_on")
    assert answer(alarmed, "self_harm", "chest_pain") == checked("s1_you")


def test_a_danger_from_another_tab_is_not_read_before_it_was_shown(alarmed: Client) -> None:
    answer(alarmed, "chest_pain", "self_harm")
    alarmed.post(CARD, {"choice": "go_on", "card": "emergency_call"})
    assert Intake.objects.get().urgent_read == ["emergency_call"]
    assert answer(alarmed, "chest_pain", "self_harm") == CARD


def test_a_mistake_leads_back_to_the_question_and_is_recorded(alarmed: Client) -> None:
    assert go(alarmed, "mistake") == FIRST + "#div_id_safety.now"
    assert events() == [("took back an urgent answer", {"cards": 1})]
    assert stored()["safety.now"] == ["chest_pain"]


def test_a_mistake_that_is_not_mended_brings_the_card_again(alarmed: Client) -> None:
    go(alarmed, "mistake")
    assert answer(alarmed, "chest_pain") == CARD
    go(alarmed, "mistake")
    assert answer(alarmed, "none") == checked("s1_you")


def test_a_danger_that_passed_and_returns_brings_the_card_again(alarmed: Client) -> None:
    go(alarmed, "go_on")
    answer(alarmed, "none")
    assert answer(alarmed, "chest_pain") == CARD


def test_an_emergency_answer_that_saved_itself_shows_the_card_at_the_next_step(
    alarmed: Client,
) -> None:
    answer(alarmed, "none")
    response = alarmed.post(
        FIRST, of_step("s1_you", P01) | {"safety.now": "self_harm", "autosave": "1"}
    )
    assert response.status_code == 204
    assert alarmed.post(address("s2_concern"), of_step("s2_concern", P01)).url == CARD


def test_what_was_read_is_neither_an_answer_nor_readable_in_the_record(alarmed: Client) -> None:
    go(alarmed, "go_on")
    intake = Intake.objects.get()
    assert intake.urgent_read == ["emergency_call"]
    assert stored() == {**stored(), "safety.now": ["chest_pain"]}
    assert set(stored()) <= set(P01)
    raw = Intake.objects.values_list("urgent_read", flat=True).get()
    assert b"emergency" not in bytes(raw)
    assert "emergency_call" not in str(list(AuditEvent.objects.values_list("details", flat=True)))


def test_without_a_form_or_a_danger_the_buttons_do_no_harm(alarmed: Client) -> None:
    assert Client().post(CARD, {"choice": "go_on"}).url == reverse("consult:start")
    answer(alarmed, "none")
    odd = {"choice": "anything\0", "card": ["emergency_call", "\0", "x" * 5000]}
    assert alarmed.post(CARD, odd).url == reverse("consult:tasks")
    assert Intake.objects.get().urgent_read is None
