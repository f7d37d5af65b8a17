"""A form that was sent, at a browser whose person has not signed in; and what needs no sign-in."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client

from consult.intake import amending
from consult.models import Intake
from content.making.tree import make_pages
from tests import factories
from tests.factories import NOW
from tests.intake.test_after_sending import (
    QUESTIONS,
    SENT,
    STATUS,
    at,
    of,
    of_level,
    plain,
    that_sent,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def an_hour_later() -> Iterator[None]:
    with at(NOW + timedelta(hours=1)):
        yield


# ---------------------------------------------------------- the browser that sent it, signed out
def test_without_a_sign_in_the_page_tells_how_the_form_fares_and_no_word_about_health():
    make_pages()
    intake = factories.submitted("P09")
    intake.own_questions.create(words="May I swim?", made_at=NOW)
    page = that_sent(intake).get(STATUS)
    shown = plain(page.text)
    assert (intake.code in shown, SENT in shown, "Sign in with a code" in shown) == (True,) * 3
    hidden = (
        "May I swim?",
        "Blood clots",
        "Add a question",
        "What you have agreed to",
        "signed as",
    )
    assert [words for words in hidden if words in shown] == []
    assert 'class="reading"' not in page.text
    assert "no-store" in page["Cache-Control"]
    assert Client().get(STATUS)["Location"] == "/consult/sign-in/"


def test_advice_that_cannot_wait_needs_no_sign_in():
    intake = of_level("urgent")
    page = that_sent(intake).get(STATUS)
    titles = [one.title for one in page.context["urgent"]]
    assert titles != []
    assert [one for one in titles if one not in plain(page.text)] == []


def test_a_colleague_at_the_device_that_sent_it_is_somebody_else():
    intake = factories.submitted("P09")
    client = that_sent(intake)
    client.force_login(factories.ready(email="other@example.org").owner)
    session = client.session
    session["sent"] = str(intake.pk)
    session.save()
    [other, own] = sorted(client.get(STATUS).context["cases"], key=lambda one: one.is_open)
    assert (other.intake, other.is_open, own.is_open) == (intake, False, True)


@pytest.mark.parametrize(
    ("address", "posted"),
    [
        (QUESTIONS, {"words": "May I swim?", "picked": ["evidence"]}),
        ("/consult/agreements/", {"consent.email": "no", "signature": "Ana Torres"}),
    ],
)
def test_what_takes_words_about_health_asks_for_the_code_and_keeps_what_was_typed(address, posted):
    intake = of_level("moderate")
    client = that_sent(intake)
    assert client.get(address)["Location"] == "/consult/sign-in/"
    answer = client.post(address, posted | {"form": intake.code})
    assert answer.status_code == 409
    typed = {value for value in posted.values() if isinstance(value, str)}
    assert typed <= {value for _, value in answer.context["entered"]}
    assert intake.own_questions.count() == 0


# ---------------------------------------------------------------------- the emergency number
@pytest.mark.parametrize(
    ("country", "number"), [("mexico", "911"), ("uk", "999"), ("other", ""), (None, "")]
)
def test_the_number_of_the_persons_country_stands_on_every_page_after_sending(country, number):
    intake = factories.ready()
    section = intake.sections.get(step="s1_you")
    other = {key: one for key, one in section.answers.items() if key != "person.country"}
    section.answers = other | ({"person.country": country} if country else {})
    section.save()
    client = of(intake)
    pages = [client.get(STATUS), client.get(f"/consult/changes/{intake.code}/")]
    asked = [{"step": "s8_medicines_life", "question": "", "words": "Which?"}]
    Intake.objects.update(state="submitted")
    amending.ask_for_more(intake, items=asked, by=factories.clinician(), now=NOW)
    pages.append(client.get(f"/consult/amend/{intake.code}/"))
    line = f"The emergency number where you live: {number}"
    for page in pages:
        assert page.context["emergency_number"] == number
        assert (line in plain(page.text)) is bool(number)
