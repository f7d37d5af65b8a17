from datetime import timedelta

import pytest
from django.utils import timezone

from consult.intake import actions
from consult.intake.actions import NotAllowed, NotComplete
from consult.models import (
    AuditEvent,
    Consent,
    FollowUpRequest,
    Intake,
    IntakeSection,
    Message,
    OwnQuestion,
    Recheck,
    Revision,
    Role,
    StaffTask,
    UnderstandingAnswer,
    User,
)
from consult.rules.published import load_questionnaire
from tests.factories import (
    CONTACT,
    NOW,
    PERSONAS,
    UserFactory,
    clinician,
    draft,
    staff,
    submitted,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("persona", PERSONAS.values(), ids=PERSONAS)
def test_a_submitted_form_is_judged_as_expected(persona) -> None:
    intake = submitted(persona["id"])
    result = intake.assessments.get().result
    assert {
        "fired": [finding["rule"] for finding in result["findings"]],
        "level": result["level"],
        "immediate_messages": result["immediate"],
        "unknowns": result["unknowns"],
    } == persona["expected"]


def test_submitting_writes_everything_that_follows_from_it() -> None:
    intake = submitted("P04")
    assert (intake.state, intake.submitted_at, intake.rank) == ("submitted", NOW, 5)
    assert [message.event for message in intake.messages.all()] == ["intake_received"]
    assert [task.event for task in intake.tasks.all()] == ["staff_urgent_intake"]
    assert {one.purpose: one.given for one in intake.consents.all()} == {
        "consent.data": True,
        "consent.email": True,
        "consent.read_risks": True,
    }
    assert AuditEvent.objects.about(intake).last().did == "submitted a form"


def test_an_urgent_form_is_due_within_one_working_hour() -> None:
    assert submitted("P04").tasks.get().due_at == NOW + timedelta(hours=1)


def test_a_form_without_a_hurry_makes_no_task() -> None:
    assert list(submitted("P01").tasks.all()) == []


def test_an_open_question_keeps_the_form_from_being_sent_and_changes_nothing() -> None:
    answers = {**PERSONAS["P01"]["answers"]}
    del answers["cancer.history"]
    intake = draft(answers)
    with pytest.raises(NotComplete) as refused:
        actions.submit(intake, now=NOW)
    assert [question.id for question in refused.value.questions] == ["cancer.history"]
    assert Intake.objects.get(pk=intake.pk).state == "draft"
    assert not Message.objects.exists()
    assert not Consent.objects.exists()


def test_a_form_is_not_sent_without_the_agreement_to_store() -> None:
    intake = draft(PERSONAS["P01"]["answers"] | {"consent.read_risks": False})
    with pytest.raises(NotComplete) as refused:
        actions.submit(intake, now=NOW)
    assert [question.id for question in refused.value.questions] == ["consent.read_risks"]


def test_a_form_is_sent_once() -> None:
    intake = submitted()
    with pytest.raises(NotAllowed):
        actions.submit(intake, now=NOW)
    assert Message.objects.count() == 1


def test_a_sent_form_is_locked() -> None:
    intake = submitted()
    with pytest.raises(NotAllowed):
        actions.save_step(intake, step="s2_concern", answers={"concern.pain": 9}, now=NOW)
    with pytest.raises(NotAllowed):
        actions.save_contact(intake, contact=CONTACT, now=NOW)
    with pytest.raises(NotAllowed):
        actions.leave_urgent_card(intake, cards=[], by_mistake=False, now=NOW)


def test_no_health_answer_is_stored_before_the_agreement_to_it() -> None:
    intake = actions.start(language="en", now=NOW)
    with pytest.raises(NotAllowed):
        actions.save_step(intake, step="s1_you", answers={"safety.now": ["none"]}, now=NOW)
    assert not intake.sections.exists()


def test_saving_a_step_keeps_what_was_not_part_of_it() -> None:
    intake = draft({"consent.data": True, "concern.pain": 5, "concern.details": "old"})
    actions.save_step(
        intake,
        step="s2_concern",
        answers={"concern.pain": 6},
        cleared={"concern.details"},
        now=timezone.now(),
    )
    assert intake.sections.get(step="s2_concern").answers == {"concern.pain": 6}


def test_a_new_address_gets_an_account_without_a_password() -> None:
    draft(email="new@example.org")
    assert not User.objects.get(email="new@example.org").has_usable_password()


def test_an_address_that_has_an_account_leaves_it_untouched() -> None:
    known = UserFactory(email="known@example.org", full_name="Known Person")
    before = User.objects.filter(pk=known.pk).values().get()
    draft(email="KNOWN@example.org", full_name="Somebody Else")
    assert User.objects.filter(pk=known.pk).values().get() == before


def test_ready_opens_booking_and_writes_the_invitation() -> None:
    intake, doctor = submitted(), clinician()
    decision = actions.decide(intake, by=doctor, kind="ready", reason="Straightforward.", now=NOW)
    assert Intake.objects.get(pk=intake.pk).state == "ready"
    assert (decision.by, decision.reason) == (doctor, "Straightforward.")
    events = list(intake.messages.order_by("created_at", "event").values_list("event", flat=True))
    assert sorted(events) == ["booking_invite", "intake_received"]


def test_hold_writes_no_letter() -> None:
    intake = submitted()
    actions.decide(intake, by=clinician(), kind="hold", reason="Ask oncology.", now=NOW)
    assert Intake.objects.get(pk=intake.pk).state == "on_hold"
    assert [message.event for message in intake.messages.all()] == ["intake_received"]


def test_only_clinicians_decide() -> None:
    intake = submitted()
    with pytest.raises(NotAllowed):
        actions.decide(intake, by=staff(Role.FRONT_DESK), kind="ready", reason="x", now=NOW)
    assert Intake.objects.get(pk=intake.pk).state == "submitted"


def test_the_second_of_two_decisions_is_told_what_changed() -> None:
    intake, doctor = submitted(), clinician()
    seen = actions.standing(intake)
    actions.decide(intake, by=doctor, kind="hold", reason="a", seen=seen, now=NOW)
    with pytest.raises(NotAllowed, match="On hold"):
        actions.decide(intake, by=doctor, kind="ready", reason="b", seen=seen, now=NOW)
    assert intake.decisions.count() == 1


def test_two_decisions_that_lead_back_to_the_same_state_are_noticed_as_well() -> None:
    intake, doctor = submitted(), clinician()
    actions.decide(intake, by=doctor, kind="hold", reason="a", now=NOW)
    seen = actions.standing(Intake.objects.get(pk=intake.pk))
    for kind in ("ready", "hold"):
        actions.decide(intake, by=doctor, kind=kind, reason="b", now=NOW + timedelta(minutes=1))
    with pytest.raises(NotAllowed):
        actions.decide(intake, by=doctor, kind="ready", reason="c", seen=seen, now=NOW)


def test_a_clinician_does_not_decide_about_their_own_form() -> None:
    doctor = clinician()
    intake = submitted()
    intake.owner = doctor
    intake.save()
    with pytest.raises(NotAllowed):
        actions.decide(intake, by=doctor, kind="ready", reason="x", now=NOW)


def test_a_draft_cannot_be_decided() -> None:
    with pytest.raises(NotAllowed):
        actions.decide(draft(), by=clinician(), kind="ready", reason="x", now=NOW)


def test_a_confirmed_address_claims_its_forms_and_no_others() -> None:
    mine, other = draft(email="me@example.org"), draft(email="you@example.org")
    me = User.objects.get(email="me@example.org")
    assert actions.claim(me, now=NOW) == 1
    owners = [Intake.objects.get(pk=one.pk).owner for one in (mine, other)]
    assert owners == [me, None]


def test_staff_never_claim_a_form_by_their_address() -> None:
    draft(email="sam@example.org")
    doctor = User.objects.get(email="sam@example.org")
    staff_member = staff(Role.CLINICIAN)
    assert actions.claim(staff_member, now=NOW) == 0
    assert doctor.intakes.count() == 0


def test_tasks_are_only_for_the_care_team() -> None:
    submitted("P04")
    seen = [StaffTask.objects.for_actor(one).count() for one in (clinician(), UserFactory())]
    assert seen == [1, 0]


def test_questions_of_the_newest_version_are_asked() -> None:
    intake = actions.start(language="en", now=NOW)
    assert intake.questionnaire == load_questionnaire().version


def test_a_draft_that_nobody_touched_for_thirty_days_is_erased() -> None:
    old, young = draft(now=NOW - timedelta(days=30, seconds=1)), draft(now=NOW)
    sent = submitted(now=NOW - timedelta(days=90))
    assert actions.erase_stale_drafts(now=NOW) == 1
    assert set(Intake.objects.all()) == {young, sent}
    assert not IntakeSection.objects.filter(intake_id=old.pk).exists()


def test_nothing_that_belongs_to_an_erased_draft_is_left() -> None:
    """Whatever table refers to a form goes with a draft, or can only refer to one that was sent."""
    old = draft(now=NOW - timedelta(days=31))
    by = clinician()
    old.understanding.create(position=1, asked={}, asked_at=NOW)
    old.requests.create(items=[], by=by, asked_at=NOW)
    old.rechecks.create(answered_at=NOW, changed=False, revision=1)
    old.own_questions.create(words="Why?", made_at=NOW)
    old.revisions.create(number=1, reason="sent", answers={}, questionnaire="0.1.0", made_at=NOW)
    assert actions.erase_stale_drafts(now=NOW) == 1
    tables = (UnderstandingAnswer, FollowUpRequest, Recheck, OwnQuestion, Revision, Consent)
    assert [table.objects.count() for table in tables] == [0] * len(tables)
