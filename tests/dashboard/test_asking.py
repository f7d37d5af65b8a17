"""Staff ask a person for more, and see what the answers changed."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from consult.intake import actions, amending, rechecking
from consult.intake.reopened import pick, save_answers
from consult.models import AuditEvent, Decision, FollowUpRequest, Intake
from tests import factories
from tests.factories import NOW, appointment

pytestmark = pytest.mark.usefixtures("at_now")
MEDS = "s8_medicines_life"
ABOUT = f"{MEDS}|meds.types"
LATER = NOW + timedelta(hours=2)


def address(intake: Intake) -> str:
    return f"/staff/intakes/{intake.code}/ask/"


def post(client, intake, **data: Any):
    if "seen" not in data:
        data["seen"] = client.get(address(intake)).context["form"].now_seen
    return client.post(address(intake), {"rows": "3"} | data)


def changed_to(intake: Intake, step: str, *, now: datetime = LATER, **answers: Any) -> None:
    pick(intake, questions=answers, now=now)
    save_answers(intake, step=step, answers=answers, cleared=(), seen=None, now=now)
    rechecking.hand_in_changes(intake, now=now)


def test_a_clinician_asks_about_questions_and_whole_parts(clinician, clinician_client):
    intake = factories.submitted("P01")
    rows = {"about_0": ABOUT, "words_0": "Which?", "about_2": f"{MEDS}|", "words_2": "All\r\nof it"}
    response = post(clinician_client, intake, **rows)
    assert (response.status_code, response["Location"]) == (302, f"/staff/intakes/{intake.code}/")
    request = FollowUpRequest.objects.get()
    assert (request.by, request.items) == (
        clinician,
        [
            {"step": MEDS, "question": "meds.types", "words": "Which?"},
            {"step": MEDS, "question": "", "words": "All\nof it"},
        ],
    )
    page = clinician_client.get(f"/staff/intakes/{intake.code}/").text
    assert "Which?" in page


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ({}, "Choose a question and write what you ask."),
        ({"about_0": ABOUT}, "Write what you ask."),
        ({"about_0": ABOUT, "words_0": "   "}, "Write what you ask."),
        ({"words_0": "Which?"}, "Choose what your words are about."),
        ({"about_0": ABOUT, "words_0": "x" * 501}, "it has 501."),
        ({"about_0": ABOUT, "words_0": "a\0b"}, "Null characters are not allowed."),
        ({"about_0": "x|y", "words_0": "Which?"}, "Choose one of the questions listed."),
        (
            {"about_0": ABOUT, "words_0": "A?", "about_1": ABOUT, "words_1": "B?"},
            "You ask about this above already.",
        ),
        ({"about_0": f"{MEDS}|spine.lp_problem", "words_0": "A?"}, "Choose one of the questions"),
        ({"about_0": "s1_you|consent.data", "words_0": "A?"}, "Choose one of the questions"),
    ],
)
def test_a_refused_request_says_why_and_keeps_what_was_typed(clinician_client, typed, error):
    intake = factories.submitted("P01")
    response = post(clinician_client, intake, **typed)
    assert (response.status_code, FollowUpRequest.objects.count()) == (422, 0)
    assert error in response.text
    if (words := typed.get("words_0", "").strip()) and "\0" not in words:
        assert words in response.text


@pytest.mark.parametrize(("rows", "shown"), [("3", 6), ("18", 20), ("99", 20), ("x", 6), ("", 6)])
def test_more_rows_keep_what_was_typed(clinician_client, rows, shown):
    intake = factories.submitted("P01")
    data = {"about_0": ABOUT, "words_0": "Which one?", "more": "1", "rows": rows}
    response = post(clinician_client, intake, **data)
    form = response.context["form"]
    assert (response.status_code, len(form.pairs())) == (200, shown)
    assert (form["about_0"].value(), form["words_0"].value()) == (ABOUT, "Which one?")
    assert FollowUpRequest.objects.count() == 0


def test_the_second_of_two_people_sees_what_changed_and_keeps_the_words(
    clinician_client, lead_client
):
    intake = factories.submitted("P01")
    typed = {"about_0": ABOUT, "words_0": "Which one?"}
    seen = lead_client.get(address(intake)).context["form"].now_seen
    post(clinician_client, intake, **typed)
    response = post(lead_client, intake, seen=seen, about_0=ABOUT, words_0="Since when?")
    assert response.status_code == 409
    assert "Nothing was asked: this form has changed" in response.text
    assert "Since when?" in response.text
    assert FollowUpRequest.objects.count() == 1


def test_what_was_asked_is_taken_back_once(clinician_client, lead_client):
    intake = factories.submitted("P01")
    post(clinician_client, intake, about_0=ABOUT, words_0="Which one?")
    request = FollowUpRequest.objects.get()
    for client in (clinician_client, lead_client):
        response = client.post(address(intake), {"take_back": request.pk.hex})
        assert response["Location"] == f"/staff/intakes/{intake.code}/"
    assert Intake.objects.get().state == "submitted"
    assert AuditEvent.objects.filter(did="took back what was asked").count() == 1


@pytest.mark.parametrize("key", ["", "nonsense", "0" * 32])
def test_what_was_never_asked_cannot_be_taken_back(clinician_client, key):
    intake = factories.submitted("P01")
    post(clinician_client, intake, about_0=ABOUT, words_0="Which one?")
    clinician_client.post(address(intake), {"take_back": key})
    assert Intake.objects.get().state == "asked"


def test_the_front_desk_neither_asks_nor_sees_what_was_asked(front_desk_client, clinician):
    intake = factories.submitted("P01")
    items = [{"step": MEDS, "question": "meds.types", "words": "Which blood thinner?"}]
    amending.ask_for_more(intake, items=items, by=clinician, now=NOW)
    assert front_desk_client.get(address(intake)).status_code == 404
    page = front_desk_client.get(f"/staff/intakes/{intake.code}/").text
    assert "Which blood thinner?" not in page


# ----------------------------------------------------------------------------- what has changed
def case(client, intake):
    return client.get(f"/staff/intakes/{intake.code}/")


def test_the_case_shows_each_difference_and_what_is_new_and_gone(clinician_client):
    intake = factories.ready()
    changed_to(intake, MEDS, **{"meds.types": ["anticoagulant"]})
    changing = case(clinician_client, intake).context["case"].changing
    assert [
        (one.revision.number, one.revision.reason, [change.question for change in one.changes])
        for one in changing.revisions
    ] == [(2, "changed", ["meds.types"]), (1, "sent", [])]
    assert len(changing.earlier) == 1
    latest, before = intake.assessments.order_by("-made_at")
    fired = [{one["rule"] for one in judged.result["findings"]} for judged in (latest, before)]
    assert changing.new == fired[0] - fired[1]
    assert changing.new
    page = case(clinician_client, intake).text
    assert "New</span>" in page
    assert "Blood thinner" in page or "blood thinner" in page


def test_a_finding_that_is_gone_is_listed(clinician, clinician_client):
    intake = factories.ready()
    changed_to(intake, MEDS, **{"meds.types": ["anticoagulant"]})
    before = Intake.objects.get().latest_assessment()
    actions.decide(Intake.objects.get(), by=clinician, kind="ready", reason="Ok.", now=LATER)
    day_after = LATER + timedelta(days=1)
    changed_to(Intake.objects.get(), MEDS, now=day_after, **{"meds.types": ["none"]})
    changing = case(clinician_client, intake).context["case"].changing
    fired = {one["rule"]: one["title"] for one in before.result["findings"]}
    left = {one["rule"] for one in Intake.objects.get().latest_assessment().result["findings"]}
    assert changing.new == frozenset()
    assert changing.gone == [fired[rule] for rule in fired if rule not in left]
    assert len(changing.gone) == 1


def test_a_form_that_never_changed_has_no_section_of_changes(clinician_client):
    page = case(clinician_client, factories.submitted("P01")).text
    assert 'id="revisions"' not in page


def test_the_front_desk_sees_that_a_visit_is_not_cleared_and_no_answer(front_desk_client):
    intake = factories.ready()
    appointment(intake)
    changed_to(intake, MEDS, **{"meds.types": ["anticoagulant"]})
    response = case(front_desk_client, intake)
    assert "not cleared:" in response.text
    assert response.context["case"].changing is None


def test_a_decision_is_of_the_revision_that_was_read(clinician, clinician_client):
    intake = factories.ready(by=clinician)
    assert Decision.objects.get().revision == 1
    seen = actions.standing(intake)
    changed_to(intake, "s1_you", **{"body.weight": intake.answers()["body.weight"] + 1})
    response = clinician_client.post(
        f"/staff/intakes/{intake.code}/decide/", {"kind": "hold", "reason": "Wait.", "seen": seen}
    )
    assert response.status_code == 409
    assert Decision.objects.count() == 1


def test_the_case_costs_the_same_for_three_revisions_and_for_five(
    clinician_client, django_assert_max_num_queries
):
    intake = factories.ready()
    weight = intake.answers()["body.weight"]
    case(clinician_client, intake)

    def queries(more: int) -> int:
        for extra in range(1, 3):
            changed_to(Intake.objects.get(), "s1_you", **{"body.weight": weight + more + extra})
        with django_assert_max_num_queries(100) as counted:
            case(clinician_client, intake)
        return len(counted)

    assert queries(0) == queries(10)
