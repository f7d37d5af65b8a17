"""The person's own questions for the talk: kept, changed, taken off, and who reads them."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from consult.intake import own_questions as actions
from consult.intake.refusals import NotAllowed
from consult.models import AuditEvent, Intake, OwnQuestion, Role, VisitType
from consult.privacy.actions import withdraw
from consult.rules.published import load_suggestions
from tests import factories
from tests.factories import NOW
from tests.intake.test_after_sending import (
    QUESTIONS,
    STATUS,
    at,
    of,
    of_level,
    owned,
    plain,
    that_sent,
    timelines,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def an_hour_later() -> Iterator[None]:
    with at(NOW + timedelta(hours=1)):
        yield


# ------------------------------------------------------------------------------- what to ask
def ask(client: Client, intake: Intake, **posted: Any) -> Any:
    return client.post(QUESTIONS, {"form": intake.code} | posted)


def kept(intake: Intake) -> list[tuple[str, str]]:
    return [(one.suggestion, one.words) for one in intake.own_questions.all()]


def offered(client: Client) -> list[str]:
    page = client.get(QUESTIONS).content.decode()
    return re.findall(r'name="picked"[^>]*?value="(\w+)"', page)


CLOSED = "Your talk has taken place, so these questions can no longer be changed."
EVIDENCE = ("evidence", "What is known about this for my problem, and what is not known?")


@pytest.fixture
def mine() -> Intake:
    return factories.ready()


def test_picked_and_own_words_are_kept_encrypted_and_shown(mine):
    client = of(mine)
    assert ask(client, mine, picked=["evidence"], words="May I swim?")["Location"] == QUESTIONS
    assert kept(mine) == [EVIDENCE, ("", "May I swim?")]
    for address in (STATUS, QUESTIONS):
        page = plain(client.get(address).content.decode())
        assert (page.count("May I swim?") > 0, EVIDENCE[1] in page) == (True, True)
    assert "evidence" not in offered(client)
    [event] = AuditEvent.objects.filter(did="added own questions")
    assert (event.by, event.details) == (mine.owner, {"count": 2})


def test_a_second_click_adds_nothing(mine):
    client = of(mine)
    for _ in range(2):
        answer = ask(client, mine, picked=["evidence"], words="May I swim?")
        assert answer.status_code == 302
    assert kept(mine) == [EVIDENCE, ("", "May I swim?")]
    assert AuditEvent.objects.filter(did="added own questions").count() == 1


def test_questions_of_the_persons_own_topics_are_offered_beside_the_general_ones():
    general = [one.id for one in load_suggestions().all if not one.topics]
    routine = of_level("routine")
    assert offered(of(routine)) == general
    touched = of_level("high", email="other@example.org")
    found = {t for f in factories.assessment_of(touched).result["findings"] for t in f["topics"]}
    expected = [one.id for one in load_suggestions().about(found)]
    assert offered(of(touched)) == expected
    assert len(expected) > len(general)


@pytest.mark.parametrize(
    ("posted", "sentence"),
    [
        ({}, "Please pick a question, or write one."),
        ({"words": "   "}, "Please pick a question, or write one."),
        ({"words": "x" * 501}, "Please use at most 500 characters."),
        ({"picked": ["nonsense"]}, "Please pick from the questions in the list."),
        ({"words": "a\x00b"}, "Null characters are not allowed."),
    ],
)
def test_what_cannot_be_kept_is_said_at_the_field_and_stays_typed(mine, posted, sentence):
    answer = ask(of(mine), mine, **posted)
    page = answer.content.decode()
    assert (answer.status_code, sentence in page) == (422, True)
    assert posted.get("words", "").replace("\x00", "").strip()[:3] in page
    assert kept(mine) == []


def test_a_new_line_counts_as_one_character(mine):
    assert ask(of(mine), mine, words="a\r\n" * 249 + "ab").status_code == 302
    assert len(mine.own_questions.get().words) == 500


def test_twenty_questions_are_enough(mine):
    for number in range(20):
        actions.add(mine, picked=[], words=f"Question {number}?", by=mine.owner, now=NOW)
    answer = ask(of(mine), mine, words="One more?")
    page = plain(answer.content.decode())
    assert answer.status_code == 422
    assert "You can keep up to 20 questions, and you have 20." in page
    assert "One more?" in page
    assert mine.own_questions.count() == 20


def test_a_question_can_be_put_in_other_words_and_taken_off(mine):
    client = of(mine)
    ask(client, mine, words="May I swim?")
    row = mine.own_questions.get()
    address = f"{QUESTIONS}{row.pk}/"
    assert "May I swim?" in client.get(address).content.decode()
    assert client.post(address, {"words": ""}).status_code == 422
    assert client.post(address, {"words": "May I fly?"})["Location"] == QUESTIONS
    assert kept(mine) == [("", "May I fly?")]
    for _ in range(2):
        assert ask(client, mine, remove=str(row.pk))["Location"] == QUESTIONS
    assert kept(mine) == []
    assert client.get(address).status_code == 404
    did = AuditEvent.objects.about(mine).order_by("pk").values_list("did", "details")
    assert list(did)[-3:] == [
        ("added own questions", {"count": 1}),
        ("changed an own question", {}),
        ("removed an own question", {}),
    ]


def test_foreign_questions_and_forms_do_not_exist(mine):
    foreign = owned(factories.submitted(email="foreign@example.org"))
    actions.add(foreign, picked=[], words="Theirs?", by=foreign.owner, now=NOW)
    row = foreign.own_questions.get()
    for client in (of(mine), of_role(Role.LEAD_CLINICIAN)):
        for answer in (client.get, client.post):
            assert answer(f"{QUESTIONS}{row.pk}/", {"words": "Mine?"}).status_code == 404
    assert ask(of(mine), foreign, words="Mine?").status_code == 404
    ask(of(mine), mine, remove=str(row.pk))
    assert kept(foreign) == [("", "Theirs?")]
    assert "Theirs?" not in of(mine).get(QUESTIONS).content.decode()


def of_role(role: Role) -> Client:
    client = Client()
    client.force_login(factories.staff(role))
    return client


def test_without_a_form_the_questions_lead_to_the_sign_in(mine):
    row = OwnQuestion.objects.create(intake=mine, words="May I swim?", made_at=NOW)
    for address in (QUESTIONS, f"{QUESTIONS}{row.pk}/"):
        for client in (Client(), that_sent(mine)):
            assert client.get(address)["Location"] == "/consult/sign-in/"
            kept_on_the_page = client.post(address, {"words": "May I fly?"})
            assert ("words", "May I fly?") in kept_on_the_page.context["entered"]
    assert kept(mine) == [("", "May I swim?")]


def test_a_form_that_was_taken_back_keeps_its_list_as_it_is(mine):
    actions.add(mine, picked=[], words="May I swim?", by=mine.owner, now=NOW)
    row = mine.own_questions.get()
    withdraw(mine, by=mine.owner, now=NOW)
    client, sentence = of(mine), "You have taken this form back, so its questions can no longer"
    answers = [
        ask(client, mine, words="May I fly?"),
        ask(client, mine, remove=str(row.pk)),
        client.post(f"{QUESTIONS}{row.pk}/", {"words": "May I fly?"}),
    ]
    for answer in answers:
        assert (answer.status_code, sentence in plain(answer.content.decode())) == (409, True)
    assert "May I fly?" in answers[0].content.decode()
    assert "May I fly?" in answers[2].content.decode()
    assert kept(mine) == [("", "May I swim?")]


@pytest.mark.parametrize(
    ("fields", "is_open"),
    [
        ({"status": "booked"}, False),
        ({"status": "attended"}, False),
        ({"status": "missed"}, True),
        ({"status": "requested"}, True),
    ],
)
def test_the_list_can_be_changed_until_the_talk(mine, fields, is_open):
    factories.appointment(mine, **fields)
    before, after = NOW, NOW + timedelta(days=7)
    if fields["status"] == "booked":
        actions.add(mine, picked=[], words="Before?", by=mine.owner, now=before)
    visits = list(mine.appointments.select_related("visit_type"))
    refusal = actions.why_closed(mine, visits, now=after)
    assert refusal == ("" if is_open else CLOSED)
    if not is_open:
        with pytest.raises(NotAllowed, match=CLOSED):
            actions.add(mine, picked=[], words="After?", by=mine.owner, now=after)


def test_a_second_talk_opens_the_list_again_and_a_treatment_does_not_close_it(mine):
    factories.appointment(mine, status="attended")
    factories.appointment(mine, starts_at=NOW + timedelta(days=9))
    treated = factories.ready(email="treated@example.org")
    treatment = factories.VisitTypeFactory(purpose=VisitType.Purpose.TREATMENT)
    factories.appointment(treated, status="attended", visit_type=treatment)
    for intake in (mine, treated):
        later = NOW + timedelta(days=8)
        assert (
            len(actions.add(intake, picked=[], words="And now?", by=intake.owner, now=later)) == 1
        )


def test_a_question_that_was_removed_in_another_tab_is_not_brought_back(mine):
    [row] = actions.add(mine, picked=[], words="May I swim?", by=mine.owner, now=NOW)
    actions.remove(mine, str(row.pk), by=mine.owner, now=NOW)
    with pytest.raises(NotAllowed, match="no longer on your list"):
        actions.change(row, words="May I fly?", by=mine.owner, now=NOW)


def test_clinicians_see_the_questions_and_the_front_desk_does_not(mine, clinician_client):
    actions.add(mine, picked=["evidence"], words="May I swim?", by=mine.owner, now=NOW)
    address = f"/staff/intakes/{mine.code}/"
    case = plain(clinician_client.get(address).content.decode())
    assert "What they want to ask" in case
    assert (case.count("May I swim?"), case.count(EVIDENCE[1])) == (1, 1)
    assert "May I swim?" not in of_role(Role.FRONT_DESK).get(address).content.decode()


# ------------------------------------------------------------------------------- several forms
@pytest.mark.parametrize("address", [STATUS, QUESTIONS])
def test_five_forms_cost_no_more_queries_than_one(mine, address, django_assert_num_queries):
    def fill(intake: Intake) -> None:
        actions.add(intake, picked=["evidence"], words="Why?", by=intake.owner, now=NOW)
        factories.appointment(intake, starts_at=NOW + timedelta(days=2))

    fill(mine)
    client = of(mine)
    client.get(address)  # the clinic's settings are read once
    with CaptureQueriesContext(connection) as one:
        client.get(address)
    for number in range(4):
        more = factories.ready(email=f"more{number}@example.org")
        more.owner = mine.owner
        more.save()
        fill(more)
    with django_assert_num_queries(len(one)):
        page = client.get(address)
    assert page.content.decode().count("Why?") >= 5


def test_each_of_several_forms_has_its_own_section_and_list(mine):
    other = owned(factories.submitted("P04", email="other@example.org"))
    other.owner = mine.owner
    other.save()
    client = of(mine)
    ask(client, other, words="Only here?")
    assert (kept(mine), kept(other)) == ([], [("", "Only here?")])
    assert [len(one) for one in timelines(client)] == [3, 3]
