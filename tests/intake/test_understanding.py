"""A few questions on our pages: chosen by the answers, kept as shown, never a trap."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import Page

from consult.intake import actions, understanding
from consult.intake.understanding import NotAsked, Outdated
from consult.models import AuditEvent, Intake, Role, UnderstandingAnswer
from content.making.tree import make_pages
from content.models import RiskPage
from content.topics import TOPICS, checks_for
from tests.factories import NOW, PERSONAS, draft, send, staff

QUESTIONS = "/consult/intake/understanding/"
CHECK = "/consult/intake/check/"
CLOT = PERSONAS["P09"]["answers"]


# -------------------------------------------------------------------------------------- keeping
@pytest.fixture(scope="module")
def pages(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Every page, made once for all tests here."""
    with django_db_blocker.unblock(), transaction.atomic():
        make_pages()
        yield
        transaction.set_rollback(True)


@pytest.fixture
def intake(pages: None, db: None) -> Intake:
    return draft(CLOT)


@pytest.fixture
def person(intake: Intake) -> Client:
    return holding(intake)


def holding(intake: Intake) -> Client:
    """The browser that began this form."""
    client = Client()
    session = client.session
    session["draft"] = str(intake.pk)
    session.save()
    return client


def rows(intake: Intake) -> list[UnderstandingAnswer]:
    return list(UnderstandingAnswer.objects.filter(intake=intake))


def topics(intake: Intake) -> list[str]:
    return [row.asked["topic"] for row in rows(intake)]


def answer(intake: Intake, row: UnderstandingAnswer, chosen: str) -> UnderstandingAnswer:
    tries = len(row.attempts)
    return understanding.answer(
        intake, question=str(row.pk), tries=tries, chosen=chosen, now=NOW + timedelta(minutes=tries)
    )


def wrong(row: UnderstandingAnswer) -> str:
    return next(code for code, _ in row.asked["options"] if code != row.asked["right"])


def test_the_same_answers_bring_the_same_questions_and_no_row_twice(intake):
    first = understanding.ask(intake, now=NOW)
    assert understanding.ask(intake, now=NOW + timedelta(hours=1)) == first == rows(intake)
    other = draft(CLOT, email="other@example.org")
    understanding.ask(other, now=NOW)
    assert topics(other) == topics(intake)
    assert 3 <= len(first) <= 5
    assert [row.position for row in first] == list(range(1, len(first) + 1))


@pytest.mark.parametrize("persona", PERSONAS)
def test_everybody_is_asked_three_to_five_that_concern_them(persona, pages, db):
    intake = draft(PERSONAS[persona]["answers"])
    found = topics_of_findings(intake)
    understanding.ask(intake, now=NOW)
    asked = topics(intake)
    assert 3 <= len(asked) <= 5
    assert set(asked) <= {*found, *understanding.FOR_ALL}
    with_question = [topic for topic in found if topic != "emergency"]
    assert asked[: len(with_question)] == with_question[:5]


def topics_of_findings(intake: Intake) -> list[str]:
    judged = understanding.triage.assess(intake.answers(), on=NOW.date())
    return understanding.topics_of(judged.findings)


def test_a_row_keeps_what_was_shown_whatever_becomes_of_the_page(intake):
    row = understanding.ask(intake, now=NOW)[0]
    [shown] = [
        one for one in checks_for(TOPICS, today=NOW.date()) if one.check == row.asked["check"]
    ]
    assert row.asked == {
        "topic": shown.topic,
        "page": shown.page,
        "page_version": shown.version,
        "title": shown.title,
        "check": shown.check,
        "question": shown.question,
        "options": [list(option) for option in shown.options],
        "right": shown.right,
        "passage": shown.passage,
        "sources": [list(source) for source in shown.sources],
        "url": shown.url,
    }
    rewrite(RiskPage.objects.get(topic=shown.topic), shown.question)
    assert understanding.ask(intake, now=NOW)[0].asked == row.asked
    fresh = draft(CLOT, email="other@example.org")
    asked = understanding.ask(fresh, now=NOW)[0].asked
    assert (asked["check"], asked["question"]) == (shown.check, "In other words?")
    assert asked["page_version"] != shown.version


def rewrite(page: RiskPage, question: str) -> None:
    for field in page.streams:
        blocks = list(getattr(page, field).get_prep_value())
        for block in blocks:
            for one in block["value"].get("checks", []) if block["type"] == "key_fact" else []:
                if one["value"]["question"] == question:
                    one["value"]["question"] = "In other words?"
        setattr(page, field, json.dumps(blocks))
    page.save_revision(clean=False).publish()


def test_other_answers_replace_what_was_not_answered_and_keep_what_was(intake):
    first, *others = understanding.ask(intake, now=NOW)
    answer(intake, first, first.asked["right"])
    other = PERSONAS["P01"]["answers"]
    for section in intake.sections.all():
        section.answers = {key: one for key, one in other.items() if key in section.answers}
        section.save()
    intake = Intake.objects.get()
    wanted = [one.check for one in understanding.chosen_for(intake, now=NOW)]
    now_asked = understanding.ask(intake, now=NOW)
    assert now_asked[0] == first
    assert {row.asked["check"] for row in now_asked[1:]} == set(wanted) - {first.asked["check"]}
    assert len(now_asked) <= 5
    assert [row.position for row in now_asked] == sorted({row.position for row in now_asked})


def test_a_site_without_pages_asks_nothing_and_the_form_goes_through(db):
    Page.objects.update(live=False)
    intake = draft(CLOT)
    assert understanding.ask(intake, now=NOW) == []
    assert holding(intake).get(QUESTIONS).url == CHECK
    actions.submit(intake, now=NOW)
    assert Intake.objects.get().state == "submitted"


def test_a_form_is_not_sent_while_a_question_has_not_been_tried(intake):
    asked = understanding.ask(intake, now=NOW)
    for row in asked[1:]:
        answer(intake, row, "not_sure")
    with pytest.raises(NotAsked):
        actions.submit(intake, now=NOW)
    answer(intake, asked[0], wrong(asked[0]))
    actions.submit(intake, now=NOW)
    assert Intake.objects.get().state == "submitted"


def test_every_try_is_kept_and_the_record_names_none(intake):
    row = understanding.ask(intake, now=NOW)[0]
    answer(intake, row, wrong(row))
    row = answer(intake, rows(intake)[0], row.asked["right"])
    assert row.attempts == [
        {"at": NOW.isoformat(), "chosen": wrong(row), "right": False},
        {
            "at": (NOW + timedelta(minutes=1)).isoformat(),
            "chosen": row.asked["right"],
            "right": True,
        },
    ]
    assert row.understood_at == NOW + timedelta(minutes=1)
    events = AuditEvent.objects.filter(did__contains="on our pages").order_by("at", "pk")
    assert [(one.did, one.details) for one in events] == [
        ("chose questions on our pages", {"new": len(rows(intake))}),
        ("answered a question on our pages", {"position": 1}),
        ("answered a question on our pages", {"position": 1}),
    ]


def test_nothing_is_stored_readably(intake):
    understanding.ask(intake, now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("SELECT asked, attempts FROM consult_understandinganswer")
        raw = repr(cursor.fetchall())
    assert "clot" not in raw


def test_a_settled_question_and_a_second_click_store_nothing(intake):
    first, second, *_ = understanding.ask(intake, now=NOW)
    answer(intake, first, first.asked["right"])
    answer(intake, second, "not_sure")
    before = [(row.attempts, row.understood_at) for row in rows(intake)]
    for row, tries in ((first, 0), (first, 1), (second, 0)):
        with pytest.raises(Outdated):
            understanding.answer(
                intake, question=str(row.pk), tries=tries, chosen="not_sure", now=NOW
            )
    assert [(row.attempts, row.understood_at) for row in rows(intake)] == before


# ------------------------------------------------------------------------------------ the pages
def posted(client: Client, chosen: str | None = None, **over: str) -> dict[str, str]:
    """What the page that is open would post."""
    html = client.get(QUESTIONS).text
    hidden = {
        name: re.search(rf'name="{name}" value="([^"]*)"', html)[1]
        for name in ("question", "tries")
    }
    return hidden | ({"answer": chosen} if chosen else {}) | over


def right_of(data: dict[str, str]) -> str:
    return UnderstandingAnswer.objects.get(pk=data["question"]).asked["right"]


def test_nobody_sends_a_form_through_the_pages_without_the_questions(person, intake):
    refused = send(person)
    assert refused.status_code == 422
    total = len(rows(intake))
    assert f"Did we explain it well? There are {total} short questions." in refused.text
    assert f'href="{QUESTIONS}"' in refused.text
    for _ in rows(intake):
        data = posted(person)
        person.post(QUESTIONS, data | {"answer": right_of(data)})
    assert "Thank you" in person.get(QUESTIONS).text
    assert send(person).url == reverse("consult:status")


def test_one_question_a_page_with_i_am_not_sure(person, intake):
    html = person.get(QUESTIONS).text
    row = rows(intake)[0]
    assert f"Question 1 of {len(rows(intake))}" in html
    assert row.asked["question"] in html
    assert html.count('type="radio"') == len(row.asked["options"]) + 1
    assert "I am not sure" in html
    assert "checked" not in html
    assert row.asked["passage"] not in html


def test_a_right_answer_leads_on(person, intake):
    data = posted(person)
    response = person.post(QUESTIONS, data | {"answer": right_of(data)}, follow=True)
    assert "Yes." in response.text
    assert "Question 2 of" in response.text


@pytest.mark.parametrize("how", ["wrong", "not_sure"])
def test_what_is_not_right_shows_the_passage_and_asks_once_more_and_then_goes_on(
    person, intake, how
):
    person.get(QUESTIONS)
    row = rows(intake)[0]
    chosen = wrong(row) if how == "wrong" else how
    again = person.post(QUESTIONS, posted(person, chosen), follow=True).text
    assert "Question 1 of" in again
    assert "This is what our page says" in again
    assert row.asked["passage"].splitlines()[0] in again.replace("&#x27;", "'")
    assert f'href="{row.asked["url"]}" target="_blank"' in again
    on = person.post(QUESTIONS, posted(person, chosen), follow=True).text
    assert "Question 2 of" in on
    assert "We will talk about it with you." in on
    assert [try_["right"] for try_ in rows(intake)[0].attempts] == [False, False]
    assert rows(intake)[0].understood_at is None


@pytest.mark.parametrize("chosen", [None, "z", "", "a\x00", "9" * 5000])
def test_no_answer_and_an_unknown_one_are_told_at_the_field(person, intake, chosen):
    data = posted(person) | ({} if chosen is None else {"answer": chosen})
    response = person.post(QUESTIONS, data)
    assert response.status_code == 422
    assert "Please choose an answer, or “I am not sure”." in response.text
    assert rows(intake)[0].attempts == []


def test_a_page_that_is_out_of_date_leads_to_where_the_person_is(person, intake):
    data = posted(person, "not_sure")
    person.post(QUESTIONS, data)
    again = person.post(QUESTIONS, data, follow=True)  # a second click
    assert "Here is where you are." in again.text
    assert len(rows(intake)[0].attempts) == 1
    for odd in ({"question": "nobody"}, {"tries": "-1"}, {"tries": "x"}, {"question": "\x00"}):
        assert person.post(QUESTIONS, data | odd).url == QUESTIONS
    assert person.post(QUESTIONS, {}).url == QUESTIONS
    assert len(rows(intake)[0].attempts) == 1


@pytest.mark.parametrize("became", ["sent", "taken back", "erased"])
def test_a_second_device_finds_what_became_of_the_form(person, intake, became):
    data = posted(person, "not_sure")
    before = [row.attempts for row in rows(intake)]
    match became:
        case "sent":
            Intake.objects.update(state="submitted", submitted_at=NOW)
        case "taken back":
            Intake.objects.update(state="withdrawn", submitted_at=NOW)
        case "erased":
            Intake.objects.all().delete()
    answer = person.post(QUESTIONS, data)
    if became == "erased":
        assert answer.status_code == 409  # what was typed is still on the page
        assert rows(intake) == []
    else:
        assert answer.url == reverse("consult:status")
        assert [row.attempts for row in rows(intake)] == before


def test_an_unfinished_form_is_not_asked_yet(pages, db):
    intake = draft({key: one for key, one in CLOT.items() if not key.startswith("clot.")})
    client = holding(intake)
    client.get(CHECK)
    assert client.get(QUESTIONS).url == client.post(QUESTIONS).url == CHECK
    assert rows(intake) == []


def test_the_level_is_not_told(person, intake):
    for _ in range(2 * len(understanding.ask(intake, now=NOW))):
        html = person.get(QUESTIONS).text
        assert "urgent" not in html.lower().replace("urgency", "")
        person.post(QUESTIONS, posted(person, "not_sure"))
    assert "Thank you" in person.get(QUESTIONS).text


# --------------------------------------------------------------------------------------- staff
@pytest.fixture
def sent(intake: Intake) -> Intake:
    first, second, *others = understanding.ask(intake, now=NOW)
    for row in (first, *others):
        answer(intake, row, row.asked["right"])
    answer(intake, answer(intake, second, wrong(second)), "not_sure")
    actions.submit(intake, now=NOW)
    return Intake.objects.get()


def case(intake: Intake, role: Role) -> str:
    client = Client()
    client.force_login(staff(role))
    return client.get(f"/staff/intakes/{intake.code}/").text


def test_a_clinician_sees_what_to_talk_through_and_that_first(sent):
    html = case(sent, Role.CLINICIAN)
    section = html[html.index('id="understanding"') : html.index('id="answers"')]
    row = rows(sent)[1]
    told = re.findall(r"<h3>(.*?)</h3>", section)
    assert told[0] == row.asked["question"].replace("'", "&#x27;")
    assert len(told) == len(rows(sent))
    assert section.count("Talk it through") == 1
    assert "I am not sure" in section
    assert f"version {row.asked['page_version']}" in section
    assert f'href="{row.asked["url"]}"' in section


def test_the_front_desk_does_not_see_it(sent):
    html = case(sent, Role.FRONT_DESK)
    assert "What to talk through" not in html
    assert rows(sent)[0].asked["question"] not in html


def test_the_case_costs_one_query_for_any_number_of_questions(sent):
    with CaptureQueriesContext(connection) as seen:
        understanding.to_talk_through(sent)
    assert len(seen) == 1
