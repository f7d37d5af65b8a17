"""“Has anything changed?”, before a consultation and before a treatment."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from consult.followups import clearance
from consult.intake import actions, rechecking
from consult.intake.refusals import NotAllowed, NotComplete
from consult.intake.reopened import pick, save_answers, working_copy
from consult.models import Intake, IntakeSection, Recheck, Revision, VisitType
from tests import factories
from tests.factories import NOW, VisitTypeFactory, appointment
from tests.intake.test_amending import MEDS, YOU, at, client_of

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=5)
STATUS = reverse("consult:status")


@pytest.fixture(autouse=True)
def _at_later() -> Iterator[None]:
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def form() -> Intake:
    return factories.ready()


@pytest.fixture
def ana(form: Intake) -> Client:
    return client_of(form)


def treatment(form: Intake, **ahead: float) -> Any:
    kind = VisitTypeFactory(
        purpose=VisitType.Purpose.TREATMENT, booked_by="staff", name="Injection"
    )
    return appointment(form, visit_type=kind, starts_at=LATER + timedelta(**ahead))


def change(form: Intake, step: str, **changed: Any) -> None:
    """Pick these questions, answer them anew, hand in."""
    pick(form, questions=changed, now=LATER)
    save_answers(form, step=step, answers=changed, cleared=(), seen=None, now=LATER)


def row() -> Intake:
    return Intake.objects.get()


def tasks() -> list[str]:
    return [task.event for task in row().tasks.order_by("event")]


# -------------------------------------------------------------------------------- nothing changed
def test_the_old_answers_are_shown_in_words_and_no_agreement_is(form, ana):
    page = ana.get(at("changes", form))
    shown = [one["question"].id for _, rows in page.context["sections"] for one in rows]
    assert "meds.types" in shown
    assert not any(one.startswith("consent.") for one in shown)


def test_nothing_has_changed_is_noted_at_this_revision_and_changes_nothing_else(form, ana):
    assert ana.post(at("changes", form), {"choice": "nothing"}).url == STATUS
    noted = Recheck.objects.get()
    assert (noted.changed, noted.raised, noted.revision, noted.answered_at, noted.answers) == (
        False,
        False,
        1,
        LATER,
        None,
    )
    assert (row().state, row().revision, tasks()) == ("ready", 1, [])


def test_nothing_has_changed_leaves_what_was_begun(form, ana):
    change(form, MEDS, **{"meds.types": ["aspirin"]})
    ana.post(at("changes", form), {"choice": "nothing"})
    assert not IntakeSection.objects.filter(proposed__isnull=False).exists()
    assert row().answers() == form.answers()


# ---------------------------------------------------------------------------------- what changed
def test_only_what_was_picked_is_asked_with_its_branches(form, ana):
    response = ana.post(at("changes", form), {"choice": "pick", "changed": ["immune.autoimmune"]})
    step = "s6_immune"
    assert response.url == at("amend_step", form, step)
    assert ana.get(response.url).context["form"].shown == ["immune.autoimmune"]
    ana.post(response.url, {"immune.autoimmune": ["lupus"]})
    assert ana.get(response.url).context["form"].shown == ["immune.autoimmune", "immune.activity"]


@pytest.mark.parametrize("wanted", [[], ["nowhere"], ["consent.data"], ["spine.lp_problem"]])
def test_picking_nothing_that_was_asked_is_told(form, ana, wanted):
    response = ana.post(at("changes", form), {"choice": "pick", "changed": wanted})
    assert response.status_code == 422
    assert "Please tick at least one answer" in response.text
    assert not IntakeSection.objects.filter(proposed__isnull=False).exists()


def test_a_change_that_brings_nothing_new_keeps_the_form_ready(form, ana):
    ana.post(at("changes", form), {"choice": "pick", "changed": ["body.weight"]})
    path = at("amend_step", form, YOU)
    ana.post(path, {"body.weight": str(form.answers()["body.weight"] + 1)})
    assert ana.post(at("amend", form)).url == STATUS
    noted, revised = Recheck.objects.get(), Revision.objects.get(number=2)
    assert (noted.changed, noted.raised, noted.revision) == (True, False, 2)
    assert (revised.reason, row().state, row().revision, tasks()) == ("changed", "ready", 2, [])
    assert clearance.refusal(row(), now=LATER) == ""


def test_a_finding_that_the_form_had_not_takes_the_clearance_away(form, ana):
    visit = appointment(form, starts_at=LATER + timedelta(days=2))
    change(form, MEDS, **{"meds.types": ["anticoagulant"]})
    ana.post(at("amend", form))
    after = row()
    assert (after.state, after.submitted_at, after.revision) == ("submitted", LATER, 2)
    assert Recheck.objects.get().raised
    assert "answers_changed" in tasks()
    visit.refresh_from_db()
    assert visit.is_standing
    against = clearance.reasons_against([visit], now=LATER)
    assert against == {
        visit.pk: ("the person told us of something new that no clinician has decided about",)
    }


def test_a_new_decision_clears_again(form, clinician):
    change(form, MEDS, **{"meds.types": ["anticoagulant"]})
    rechecking.hand_in_changes(form, now=LATER)
    assert clearance.refusal(row(), now=LATER) != ""
    after = LATER + timedelta(hours=1)
    actions.decide(row(), by=clinician, kind="ready", reason="Talked.", now=after)
    assert clearance.refusal(row(), now=after) == ""


def test_no_new_visit_is_booked_while_the_clearance_is_gone(form, ana):
    change(form, MEDS, **{"meds.types": ["anticoagulant"]})
    rechecking.hand_in_changes(form, now=LATER)
    assert "You cannot choose a time yet" in ana.get(reverse("consult:book")).text


def test_without_any_difference_it_is_as_if_nothing_had_changed(form):
    same = form.answers()["body.weight"]
    change(form, YOU, **{"body.weight": same})
    rechecking.hand_in_changes(form, now=LATER)
    assert (Recheck.objects.get().changed, row().revision, row().assessments.count()) == (
        False,
        1,
        1,
    )


def test_a_danger_answer_shows_the_card_and_raises_the_urgent_task(form, ana):
    ana.post(at("changes", form), {"choice": "pick", "changed": ["safety.now"]})
    response = ana.post(at("amend_step", form, YOU), {"safety.now": ["chest_pain"]})
    assert response.url == at("amend_urgent", form)
    card = ana.get(response.url)
    codes = [one.code for one in card.context["cards"]]
    ana.post(response.url, {"choice": "go_on", "card": codes})
    ana.post(at("amend", form))
    assert (row().state, row().rank) == ("submitted", 5)
    assert tasks() == ["answers_changed", "staff_urgent_intake"]


def test_handing_in_is_refused_while_a_question_is_open(form, ana):
    change(form, "s6_immune", **{"immune.autoimmune": ["lupus"]})
    response = ana.post(at("amend", form))
    assert response.status_code == 422
    with pytest.raises(NotComplete) as refusal:
        rechecking.hand_in_changes(form, now=LATER)
    assert [one.id for one in refusal.value.questions] == ["immune.activity"]
    assert (row().state, row().revision) == ("ready", 1)


def test_a_question_that_vanishes_takes_its_answer_along(form):
    change(form, "s6_immune", **{"immune.autoimmune": ["lupus"], "immune.activity": "stable"})
    assert working_copy(row()).answers["immune.activity"] == "stable"
    change(form, "s6_immune", **{"immune.autoimmune": ["none"]})
    rechecking.hand_in_changes(form, now=LATER)
    assert "immune.activity" not in row().answers()


def test_two_tabs_hand_in_once(form, ana):
    change(form, MEDS, **{"meds.types": ["anticoagulant"]})
    first, second = ana.post(at("amend", form)), ana.post(at("amend", form))
    assert (first.status_code, second.status_code) == (302, 409)
    assert (row().revision, Recheck.objects.count()) == (2, 1)


def test_a_form_on_which_staff_ask_for_more_leads_there(form, ana):
    Intake.objects.update(state="asked")
    assert ana.get(at("changes", form)).url == at("amend", form)


def test_nobody_else_can_say_what_has_changed(form, clinician_client):
    stranger = Client()
    stranger.force_login(factories.UserFactory())
    for client in (stranger, clinician_client):
        for method in (client.get, client.post):
            assert method(at("changes", form)).status_code == 404
            assert method(at("amend", form)).status_code == 404
    assert Client().get(at("changes", form)).url == reverse("consult:sign_in")
    assert not Recheck.objects.exists()


# ------------------------------------------------------------------------------ when it is asked
@pytest.mark.parametrize(("hours", "expected"), [(73, False), (72, True), (1, True)])
def test_the_status_page_asks_from_72_hours_before_a_visit(form, ana, hours, expected):
    appointment(form, starts_at=LATER + timedelta(hours=hours))
    page = ana.get(STATUS)
    assert ("Your visit is near: has anything changed?" in page.text) is expected
    assert at("changes", form) in page.text


def test_once_answered_it_is_not_asked_again(form, ana):
    appointment(form, starts_at=LATER + timedelta(hours=20))
    ana.post(at("changes", form), {"choice": "nothing"})
    assert "Your visit is near" not in ana.get(STATUS).text


def test_answers_of_three_months_ago_are_confirmed_before_a_time_is_chosen(form, ana):
    with time_machine.travel(NOW + timedelta(days=91), tick=False):
        ana = client_of(form)
        page = ana.get(reverse("consult:book"))
        assert at("changes", form) in page.text
        ana.post(at("changes", form), {"choice": "nothing"})
        assert at("changes", form) not in ana.get(reverse("consult:book")).text


# ----------------------------------------------------------------------------- before a treatment
def test_before_a_treatment_the_signs_are_asked_and_needed(form, ana):
    visit = treatment(form, hours=70)
    assert clearance.reasons_against([visit], now=LATER) == {
        visit.pk: ("the questions before the treatment are not answered",)
    }
    response = ana.post(at("changes", form), {"choice": "nothing"})
    assert response.status_code == 422
    assert "Please tick at least one answer." in response.text
    with pytest.raises(NotAllowed):
        rechecking.nothing_changed(form, now=LATER)
    assert not Recheck.objects.exists()


def test_none_of_the_signs_clears_the_treatment(form, ana):
    visit = treatment(form, hours=70)
    data = {"choice": "nothing", "recheck.signs": ["none"]}
    assert ana.post(at("changes", form), data).url == STATUS
    noted = Recheck.objects.get()
    assert (noted.appointment, noted.raised, noted.answers) == (
        visit,
        False,
        {"recheck.signs": ["none"]},
    )
    assert clearance.reasons_against([visit], now=LATER) == {}
    assert (row().state, tasks()) == ("ready", [])


def test_any_sign_makes_a_task_and_holds_the_visit(form, ana):
    visit = treatment(form, hours=70)
    ana.post(at("changes", form), {"choice": "nothing", "recheck.signs": ["antibiotics"]})
    assert (row().state, tasks()) == ("submitted", ["recheck_sign"])
    assert Recheck.objects.get().raised
    assert list(clearance.reasons_against([visit], now=LATER)) == [visit.pk]
    visit.refresh_from_db()
    assert visit.is_standing


def test_none_beside_a_sign_is_asked_again(form, ana):
    treatment(form, hours=70)
    data = {"choice": "nothing", "recheck.signs": ["none", "antibiotics"]}
    assert ana.post(at("changes", form), data).status_code == 422
    assert not Recheck.objects.exists()


def test_the_signs_are_asked_when_changes_are_handed_in_too(form, ana):
    treatment(form, hours=70)
    change(form, YOU, **{"body.weight": form.answers()["body.weight"] + 1})
    assert ana.post(at("amend", form)).status_code == 422
    ana.post(at("amend", form), {"recheck.signs": ["fever_or_infection"]})
    noted = Recheck.objects.get()
    assert (noted.changed, noted.raised, row().revision, tasks()) == (
        True,
        True,
        2,
        ["recheck_sign"],
    )


def test_a_treatment_further_away_does_not_ask_yet(form, ana):
    visit = treatment(form, hours=73)
    ana.post(at("changes", form), {"choice": "nothing"})
    noted = Recheck.objects.get()
    assert (noted.appointment, noted.answers) == (None, None)
    assert clearance.reasons_against([visit], now=LATER) == {}


def test_clearance_of_many_visits_costs_the_same(form, django_assert_num_queries):
    visits = [treatment(form, hours=70)]
    with django_assert_num_queries(3):
        clearance.reasons_against(visits, now=LATER)
    visits += [treatment(form, hours=hours) for hours in (50, 60)]
    with django_assert_num_queries(3):
        assert len(clearance.reasons_against(visits, now=LATER)) == 3
