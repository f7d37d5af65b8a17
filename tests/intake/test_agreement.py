"""For any answers: what is shown, what is asked, what is stored and what is judged agree."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consult.intake.actions import NotComplete, submit
from consult.intake.judging import clinic_day
from consult.models import Intake
from consult.rules import triage
from consult.rules.questionnaire import counting, missing, pages, visible
from tests.factories import CONTACT, NOW
from tests.intake.test_views import FORM, address, posted
from tests.rules.test_properties import possible

pytestmark = pytest.mark.django_db
AGREED = {"consent.data": True}
SHOWN = re.compile(r'name="shown" value="([^"]*)"')


def likely(question: Any) -> st.SearchStrategy[Any]:
    """An answer to almost every question, so that many forms are whole."""
    answers = possible(question)
    if question.id == "person.filling_for":
        return st.sampled_from(["self", "self", "self", "child"])
    return answers if question.required else st.none() | answers


ANSWERS = st.fixed_dictionaries({one.id: likely(one) for one in FORM.questions})
SKIPPED = st.just(set()) | st.sets(st.sampled_from([one.id for one in FORM.questions]), max_size=2)
ANY_PERSON = settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def begun() -> Client:
    client = Client()
    client.post(reverse("consult:start"))
    client.post(reverse("consult:contact"), CONTACT)
    return client


def fill_in(client: Client, answers: dict[str, Any]) -> None:
    """Answer exactly what each page shows, in order, with no script."""
    for step in FORM.steps:
        for part in range(1, len(pages(step)) + 1):
            answer_page(client, address(step.id, part), answers)


def answer_page(client: Client, page: str, answers: dict[str, Any]) -> None:
    shown: list[str] = []
    while (now_shown := questions_on(client, page)) != shown:  # an answer may bring up more
        shown = now_shown
        given_here = {key: answers[key] for key in shown if answers.get(key) is not None}
        client.post(page, posted(given_here) | {"shown": " ".join(shown)})


def questions_on(client: Client, page: str) -> list[str]:
    answer = client.get(page)
    assert answer.status_code == 200
    return SHOWN.findall(answer.text)[0].split()


@ANY_PERSON
@given(ANSWERS, ANSWERS, SKIPPED)
def test_what_is_shown_asked_stored_and_judged_agree(at_first, then, skipped):
    client = begun()
    fill_in(client, at_first | AGREED)
    changed = {key: one for key, one in then.items() if key not in skipped} | AGREED
    fill_in(client, changed)  # some branches close, others open
    draft = Intake.objects.get(pk=client.session["draft"])
    stored = draft.answers()
    counted, asked = counting(FORM, stored), [one.id for one in visible(FORM, stored)]

    assert set(counted) <= set(asked)
    assert {key: stored[key] for key in asked if key in stored} == counted
    # Each page shows what is asked on it, and no more.
    for step in FORM.steps:
        for part, questions in enumerate(pages(step), start=1):
            on_page = [one.id for one in questions if one.id in asked]
            assert questions_on(client, address(step.id, part)) == on_page
    # The last page lists every question that was asked.
    page = client.get(reverse("consult:check"))
    rows = [row["question"].id for _, rows in page.context["sections"] for row in rows]
    assert rows == [key for key in asked if FORM.by_id[key].kind != "agreement"]  # signed below

    # Handed in is what counts; it is what is judged, and unknown is only what was asked.
    judged = triage.assess(stored, on=clinic_day(NOW))
    assert set(judged.unknowns) <= set(asked)
    draft.understanding.all().delete()  # tried in tests of their own
    if still_open := missing(FORM, stored):
        with pytest.raises(NotComplete) as refusal:
            submit(draft, now=NOW)
        assert refusal.value.questions == still_open
    elif counted["person.filling_for"] == "self":  # for others there is one part more
        assert submit(draft, now=NOW).result == judged.to_dict()
        sent = Intake.objects.get(pk=draft.pk)
        assert sent.answers() == sent.revisions.get().answers == counted
