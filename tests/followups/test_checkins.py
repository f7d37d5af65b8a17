"""The page of a check-in: what it asks, what it says at once, and who is told."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client

from consult.followups import checkin_answers
from consult.followups.checkin_answers import NotOpen, opens_at
from consult.followups.moving import after_contact_changed
from consult.models import AuditEvent, CheckIn, Intake, Message, StaffTask
from tests import factories
from tests.factories import NOW
from tests.followups.answering import (
    PLAN,
    address,
    look,
    pain_before,
    posted,
    send,
    signed_in,
    tasks,
)

pytestmark = pytest.mark.django_db
CASES = json.loads((Path(__file__).parents[1] / "rules/data/checkin_cases.json").read_text())
MINUTES = {"emergency_now": 30, "urgent_same_day": 120, "call_24h": 1440}


# ---------------------------------------- every case of the data
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["why"])
def test_every_case_of_the_data_comes_out_as_it_says(case: dict[str, Any]) -> None:
    said, known = case["answers"], {k: v for k, v in case["answers"].items() if "context" in k}
    routes = ["intrathecal"] if known.get("context.route_spinal") else ["joint"]
    pain = said.get("ck.pain", 3)
    intake = pain_before(factories.ready(), pain - known.get("context.pain_change", 0))
    row = factories.asked_on(known["context.day"], intake=intake, routes=routes)
    own = {key[3:]: one for key, one in said.items() if key.startswith("ck.")}
    response = send(row, posted(row.day, **own))
    assert (response.status_code, response["Location"]) == (302, address(row))
    row.refresh_from_db()
    fired = [one["rule"] for one in row.result["findings"]]
    assert (row.result["outcome"], fired) == (case["outcome"], case["fires"])
    assert row.result["unanswered"] == []
    assert tasks() == expected_tasks(case["outcome"], row.due_at)


def expected_tasks(outcome: str, now: datetime) -> list[tuple[str, datetime]]:
    if outcome == "none":
        return []
    if outcome == "review_72h":
        return [("checkin_review", now + timedelta(hours=72))]
    return [("checkin_alert", now + timedelta(minutes=MINUTES[outcome]))]


# ---------------------------------------- what it asks
@pytest.mark.parametrize("day", PLAN.days)
def test_a_page_asks_the_questions_of_its_day_and_no_others(day: int) -> None:
    page = look(factories.asked_on(day))
    asked = [one.id for one in PLAN.questions if day in one.days]
    assert list(page.context["form"].fields) == asked
    assert [f'name="{key}"' in page.text for key in asked] == [True] * len(asked)


def test_a_page_is_kept_by_nobody_and_says_whose_answers_are_meant() -> None:
    row = factories.asked_on(1)
    intake = row.treatment.intake
    intake.carer = {"relation": "parent"}
    intake.save()
    page = look(row)
    assert "no-store" in page["Cache-Control"]
    assert "Answer for the person who was treated." in page.text


def test_every_question_wants_an_answer_and_what_was_typed_is_kept() -> None:
    row = factories.asked_on(7)
    response = send(row, posted(7, limb=None, pain="seven", wellbeing=None))
    assert response.status_code == 422
    assert {key: list(one) for key, one in response.context["form"].errors.items()} == {
        "ck.pain": ["Please give a number, using digits."],
        "ck.limb": ["Please tick at least one answer."],
        "ck.wellbeing": ["Please choose one answer."],
    }
    assert "Error: How are you?" in response.text
    assert 'value="seven"' in response.text
    row.refresh_from_db()
    assert (row.answers, tasks()) == (None, [])


def test_one_may_prefer_not_to_say() -> None:
    row = factories.asked_on(7)
    assert send(row, posted(7, wellbeing="prefer_not")).status_code == 302


# ---------------------------------------- what cannot wait, does not
@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ({"ck.breath": ["chest_pain"]}, "emergency_now"),
        ({"ck.breath": ["none", "chest_pain"], "ck.pain": "x"}, "emergency_now"),
        ({"ck.site": ["pus_or_leak"], "ck.pain": "99"}, "urgent_same_day"),
    ],
)
def test_a_sign_that_cannot_wait_is_taken_from_a_form_that_is_not_complete(said, outcome) -> None:
    row = factories.asked_on(3)
    assert send(row, said).status_code == 302
    row.refresh_from_db()
    assert row.result["outcome"] == outcome
    assert "ck.pain" in row.result["unanswered"]
    assert tasks() == [("checkin_alert", row.due_at + timedelta(minutes=MINUTES[outcome]))]
    assert "Some questions are still open." in look(row).text


def test_less_than_that_waits_for_the_rest() -> None:
    row = factories.asked_on(3)
    assert send(row, {"ck.call": "yes"}).status_code == 422
    assert tasks() == []


def test_none_beside_a_lesser_sign_is_asked_again() -> None:
    row = factories.asked_on(3)
    response = send(row, posted(3, allergy=["rash_itch", "none"]))
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["ck.allergy"]


def test_whoever_was_signed_out_meanwhile_is_advised_and_keeps_what_they_typed() -> None:
    row = factories.asked_on(3)
    response = Client().post(address(row), {"ck.breath": ["chest_pain"], "ck.pain": "4"})
    assert response.status_code == 409
    assert "Call your emergency number" in response.text
    assert '<input type="hidden" name="ck.pain" value="4"' in response.text
    calm = Client().post(address(row), posted(3))
    assert "Call your emergency number or go to" not in calm.text


# ---------------------------------------- what it says then
@pytest.mark.parametrize(
    ("said", "role", "words"),
    [
        ({}, "status", "Mild soreness, tiredness or a little swelling"),
        ({"fever": "felt_hot"}, "status", "A clinician will read this within 3 days."),
        ({"call": True}, "status", "We will call you within 24 hours."),
        ({"site": ["hot"]}, "alert", "Please be seen by a doctor today."),
        ({"breath": ["fainted"]}, "alert", "Call your emergency number or go to an emergency"),
    ],
)
def test_the_advice_is_there_at_once_in_full_and_read_out(said, role, words) -> None:
    row = factories.asked_on(3)
    send(row, posted(3, **said))
    page = look(row)
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    assert f'role="{role}"' in page.text
    assert words in page.text
    assert "Wheezing" in page.text  # what to watch for, whatever the outcome
    assert "<form" not in page.text.partition("<main")[2].partition("</main>")[0]


def test_the_number_to_call_is_that_of_the_persons_country() -> None:
    row = factories.asked_on(3)
    for section in row.treatment.intake.sections.all():
        if "person.country" in section.answers:
            section.answers = section.answers | {"person.country": "mexico"}
            section.save()
    send(row, posted(3, breath=["chest_pain"]))
    assert "The emergency number where you live: <strong>911</strong>" in look(row).text


def test_thoughts_of_ending_life_lead_to_the_crisis_line_in_place_of_other_words() -> None:
    row = factories.asked_on(7)
    send(row, posted(7, wellbeing="self_harm"))
    page = look(row)
    assert [one.code for one in page.context["cards"]] == ["crisis_support"]
    assert tasks() == [("checkin_alert", row.due_at + timedelta(minutes=30))]


def test_a_day_later_the_same_words_stand_there_calmly() -> None:
    row = factories.asked_on(3)
    send(row, posted(3, breath=["chest_pain"]))
    page = look(row, at=row.due_at + timedelta(days=2))
    assert "What we told you on Friday 20 November 2026" in page.text
    assert 'role="alert"' not in page.text.partition("<main")[2]


# ---------------------------------------- once, and for one only
def test_answered_twice_counts_once_and_the_second_finds_what_the_first_said() -> None:
    row = factories.asked_on(3)
    send(row, posted(3, breath=["chest_pain"]))
    again = send(row, posted(3), at=row.due_at + timedelta(minutes=1))
    assert (again.status_code, again["Location"]) == (302, address(row))
    row.refresh_from_db()
    assert (row.result["outcome"], row.answered_at) == ("emergency_now", row.due_at)
    assert StaffTask.objects.count() == 1
    assert AuditEvent.objects.filter(did="answered a check-in").count() == 1


def test_the_trail_names_the_day_and_nothing_that_was_said() -> None:
    row = factories.asked_on(3)
    send(row, posted(3, breath=["chest_pain"]))
    event = AuditEvent.objects.get(did="answered a check-in")
    assert (event.by, event.details) == (row.treatment.intake.owner, {"day": 3})
    [stored] = CheckIn.objects.values_list("answers", "result").filter(pk=row.pk)
    assert not any(b"chest_pain" in bytes(one) for one in stored)
    assert CheckIn.objects.get(pk=row.pk).answers["ck.breath"] == ["chest_pain"]


@pytest.mark.parametrize("who", ["stranger", "clinician"])
def test_to_others_it_does_not_exist_and_nothing_is_taken(who, clinician, clinician_client) -> None:
    row = factories.asked_on(3)
    other = clinician_client if who == "clinician" else Client()
    if who == "stranger":
        other.force_login(factories.UserFactory())
    with time_machine.travel(row.due_at, tick=False):
        got = [other.get(address(row)), other.post(address(row), posted(3))]
    assert [one.status_code for one in got] == [404, 404]
    row.refresh_from_db()
    assert row.answered_at is None


def test_who_is_not_signed_in_signs_in_and_comes_back_here() -> None:
    row = factories.asked_on(3)
    response = Client().get(address(row))
    assert response.status_code == 302
    assert response["Location"].startswith("/consult/sign-in/?next=")
    client = signed_in(row)
    back = client.get("/consult/after-sign-in/", {"next": address(row)})
    assert back["Location"] == address(row)


# ---------------------------------------- when it is open
def test_it_opens_with_its_day_where_the_person_lives() -> None:
    row = factories.asked_on(3)  # due on the 20th at 9 in Tijuana, UTC-8
    assert opens_at(row) == datetime(2026, 11, 20, 8, tzinfo=UTC)
    before, after = (opens_at(row) + timedelta(seconds=one) for one in (-1, 0))
    early = look(row, at=before)
    assert "You can answer from <strong>Friday 20 November 2026</strong> on." in early.text
    assert send(row, posted(3), at=before).status_code == 409
    assert look(row, at=after).context["form"]


@pytest.mark.parametrize(
    ("treated_in", "moved_to", "opens"),
    [
        ("America/Tijuana", "Pacific/Auckland", datetime(2026, 11, 19, 11, tzinfo=UTC)),
        ("Pacific/Auckland", "America/Tijuana", datetime(2026, 11, 19, 11, tzinfo=UTC)),
    ],
)
def test_whoever_moves_finds_it_open_when_its_letter_comes(treated_in, moved_to, opens) -> None:
    intake = factories.ready()
    lives_in(intake, treated_in)
    row = factories.asked_on(3, intake=intake, zone=treated_in)
    lives_in(row.treatment.intake, moved_to)
    letter = Message.objects.get(event="checkin_day_3")
    assert (letter.zone, opens_at(row)) == (moved_to, opens)
    assert opens_at(row) <= letter.not_before
    early = look(row, at=opens - timedelta(seconds=1))
    assert "You can answer from <strong>Friday 20 November 2026</strong> on." in early.text
    send(row, posted(3), at=opens)
    row.refresh_from_db()
    assert row.answers["context.day"] == 3  # although it is the day before on the other clock


def lives_in(intake: Intake, zone: str) -> None:
    before = dict(intake.contact)
    intake.contact = before | {"time_zone": zone}
    intake.save()
    after_contact_changed(intake, before=before, now=NOW)


@pytest.mark.parametrize("day", ["withdrawn", "cancelled"])
def test_what_is_asked_no_more_says_so_and_takes_nothing(day: str) -> None:
    row = factories.asked_on(3)
    if day == "withdrawn":
        Intake.objects.update(state="withdrawn")
    else:
        CheckIn.objects.update(cancelled_at=NOW)
    assert "These questions are closed" in look(row).text
    assert send(row, posted(3)).status_code == 409
    with pytest.raises(NotOpen):
        checkin_answers.answer(row, said={}, by=row.treatment.intake.owner, now=row.due_at)
    row.refresh_from_db()
    assert (row.answered_at, tasks()) == (None, [])
