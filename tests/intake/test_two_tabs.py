"""One part of a form in two tabs, or on two devices: nobody's answer is written over unseen."""

import re
from typing import Any

import pytest
from django.db.models.signals import post_init
from django.test import Client
from django.urls import reverse

from consult.models import AuditEvent, Intake
from tests.factories import CONTACT, NOW
from tests.intake.test_views import P01, address, checked, of_step, stored

pytestmark = pytest.mark.django_db
HERE = address("s2_concern")
CONCERN = of_step("s2_concern", P01)


@pytest.fixture
def person() -> Client:
    client = Client()
    client.post(reverse("consult:start"))
    client.post(address("s1_you"), of_step("s1_you", P01))
    client.post(reverse("consult:contact"), CONTACT)
    return client


def version_on(page: Any) -> str:
    (found,) = re.findall(r'name="version" value="(\d+)"', page.text)
    return str(found)


def hidden_in(page: Any) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page.text):
        fields.setdefault(name, []).append(value)
    return fields


def autosaved(client: Client, **fields: Any) -> Any:
    return client.post(HERE, CONCERN | fields | {"autosave": "1"})


def test_a_page_carries_the_version_of_its_own_part(person: Client) -> None:
    versions = [version_on(person.get(address(step))) for step in ("s1_you", "s2_concern")]
    person.post(HERE, CONCERN)
    assert [*versions, version_on(person.get(HERE))] == ["1", "0", "1"]


def test_an_older_page_does_not_write_over_a_newer_answer(person: Client) -> None:
    person.post(HERE, CONCERN | {"concern.pain": "3", "version": "0"})
    response = person.post(HERE, CONCERN | {"concern.pain": "8", "version": "0"})
    assert response.status_code == 409
    assert [
        (row["question"].id, row["stored"], row["entered"]) for row in response.context["rows"]
    ] == [("concern.pain", "3", "8")]
    assert stored()["concern.pain"] == 3


def test_a_text_that_the_older_page_left_empty_is_not_taken_out(person: Client) -> None:
    person.post(HERE, CONCERN | {"concern.details": "Since June.", "version": "0"})
    response = person.post(HERE, CONCERN | {"concern.details": "", "version": "0"})
    assert response.status_code == 409
    assert "Not answered" in response.text
    assert stored()["concern.details"] == "Since June."


def test_use_what_i_entered_stores_it(person: Client) -> None:
    person.post(HERE, CONCERN | {"concern.pain": "3", "version": "0"})
    page = person.post(HERE, CONCERN | {"concern.pain": "8", "version": "0"})
    response = person.post(HERE, hidden_in(page))
    assert response.url == checked("s2_concern")
    assert stored()["concern.pain"] == 8


def test_keep_what_is_stored_shows_it(person: Client) -> None:
    person.post(HERE, CONCERN | {"concern.pain": "3", "version": "0"})
    page = person.post(HERE + "?back", CONCERN | {"concern.pain": "8", "version": "0"})
    assert f'href="{HERE}?back">Keep what is stored' in page.text
    assert 'value="3"' in person.get(HERE + "?back").text


def test_the_choice_is_asked_again_if_there_is_a_third_change(person: Client) -> None:
    person.post(HERE, CONCERN | {"concern.pain": "3", "version": "0"})
    page = person.post(HERE, CONCERN | {"concern.pain": "8", "version": "0"})
    person.post(HERE, CONCERN | {"concern.pain": "5"})
    assert person.post(HERE, hidden_in(page)).status_code == 409
    assert stored()["concern.pain"] == 5


def test_what_is_not_in_question_is_saved_all_the_same(person: Client) -> None:
    person.post(HERE, {"concern.pain": "3", "version": "0"})
    response = person.post(HERE, CONCERN | {"concern.pain": "8", "version": "0"})
    assert response.status_code == 409
    assert stored()["concern.main"] == P01["concern.main"]


def test_two_pages_with_different_answers_go_together_without_a_question(person: Client) -> None:
    person.post(HERE, {"concern.pain": "3", "version": "0"})
    answers = {key: one for key, one in CONCERN.items() if key != "concern.pain"}
    assert person.post(HERE, answers | {"version": "0"}).status_code == 302
    assert stored()["concern.pain"] == 3


def test_a_page_that_is_out_of_date_stays_so_when_it_comes_back_with_an_error(
    person: Client,
) -> None:
    person.post(HERE, {"concern.pain": "3", "version": "0"})
    page = person.post(HERE, {"concern.main": "nonsense", "version": "0"})
    assert (page.status_code, version_on(page)) == (422, "0")


def test_clicking_save_twice_is_no_clash(person: Client) -> None:
    answers = CONCERN | {"version": "0"}
    assert person.post(HERE, answers).status_code == 302
    assert person.post(HERE, answers).status_code == 302


def test_what_was_entered_is_repeated_as_text_and_nothing_else_is(person: Client) -> None:
    person.post(HERE, CONCERN | {"concern.details": "old", "version": "0"})
    bad = {"concern.details": '"><script>', "state": "ready", "concern.pain.x": "1"}
    page = person.post(HERE, CONCERN | bad | {"version": "0"})
    assert "<script>alert" not in page.text
    assert "&quot;&gt;&lt;script&gt;" in page.text
    assert "state" not in hidden_in(page)


@pytest.mark.parametrize("version", ["", "-1", "one", "9" * 5000, "1\0", "²"])
def test_a_version_that_cannot_be_read_counts_as_none(person: Client, version: str) -> None:
    assert person.post(HERE, CONCERN | {"version": version}).status_code == 302


def test_an_emergency_answer_on_an_older_page_shows_the_advice(person: Client) -> None:
    answers = of_step("s1_you", P01) | {"safety.now": "chest_pain", "version": "0"}
    response = person.post(address("s1_you"), answers)
    assert response.status_code == 409
    assert "Please get emergency help now" in response.text


@pytest.mark.parametrize("autosave", [{}, {"autosave": "1"}], ids=["by hand", "by itself"])
def test_a_form_that_is_sent_in_this_moment_is_not_changed(
    person: Client, autosave: dict[str, str]
) -> None:
    before = stored()

    def send(instance: Intake, **_: Any) -> None:
        """The other tab, just after this one has found the draft."""
        post_init.disconnect(send, sender=Intake)
        Intake.objects.filter(pk=instance.pk).update(state="submitted", submitted_at=NOW)

    post_init.connect(send, sender=Intake)
    response = person.post(HERE, CONCERN | autosave)
    assert response.status_code == (409 if autosave else 302)
    assert stored() == before


# ------------------------------------------------------------------------------------ autosave
def test_autosave_keeps_what_is_valid_and_says_only_the_new_version(person: Client) -> None:
    response = autosaved(person, version="0", **{"concern.pain": "eleven"})
    assert (response.status_code, response.content) == (204, b"")
    assert response["X-Section-Version"] == "1"
    kept = {key: one for key, one in stored().items() if key.startswith("concern")}
    assert kept == {key: one for key, one in P01.items() if key in kept}
    assert "concern.pain" not in kept
    assert "concern.main" in kept


def test_autosave_without_news_writes_nothing(person: Client) -> None:
    person.post(HERE, CONCERN)
    before = AuditEvent.objects.count()
    assert autosaved(person, version="1")["X-Section-Version"] == "1"
    assert AuditEvent.objects.count() == before


def test_autosave_stores_nothing_before_the_agreement(client: Client) -> None:
    client.post(reverse("consult:start"))
    answers = of_step("s1_you", P01) | {"autosave": "1", "version": "0"}
    assert client.post(address("s1_you"), answers).status_code == 204
    assert autosaved(client).status_code == 204
    assert stored() == {}
    assert not Intake.objects.get().sections.exists()


def test_autosave_gives_way_to_another_tab(person: Client) -> None:
    person.post(HERE, CONCERN | {"concern.pain": "3", "version": "0"})
    response = autosaved(person, version="0", **{"concern.pain": "8"})
    assert response.status_code == 409
    assert stored()["concern.pain"] == 3


def test_autosave_of_an_older_page_never_makes_it_look_new(person: Client) -> None:
    person.post(HERE, CONCERN | {"concern.pain": "3", "version": "0"})
    answers = {"concern.main": CONCERN["concern.main"], "version": "0", "autosave": "1"}
    assert person.post(HERE, answers)["X-Section-Version"] == "0"


def test_a_page_saved_while_typing_is_saved_with_its_new_version(person: Client) -> None:
    version = autosaved(person, version="0", **{"concern.pain": "3"})["X-Section-Version"]
    response = person.post(HERE, CONCERN | {"concern.pain": "8", "version": version})
    assert response.status_code == 302
    assert stored()["concern.pain"] == 8


def test_a_question_that_autosave_opened_is_brought_up_and_is_no_mistake(person: Client) -> None:
    health = address("s4_health")
    answers = of_step("s4_health", P01) | {"clot.history": "dvt"}
    shown = " ".join(person.get(health).context["form"].shown)
    version = person.post(health, answers | {"autosave": "1"})["X-Section-Version"]
    response = person.post(health, answers | {"version": version, "shown": shown})
    assert response.url == health + "#div_id_clot.recent"


def test_autosave_after_the_session_has_ended_stores_nothing() -> None:
    assert autosaved(Client(), version="0").status_code == 302


def test_only_a_page_that_may_store_saves_itself(client: Client, person: Client) -> None:
    client.post(reverse("consult:start"))
    assert "data-autosave" not in client.get(address("s1_you")).text
    assert "data-autosave" in person.get(address("s1_you")).text
