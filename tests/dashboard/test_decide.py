from datetime import timedelta

import pytest

from consult.intake.actions import NotAllowed, decide
from consult.intake.deciding import ToThePerson, sign, standing
from consult.models import AuditEvent, Decision, Intake, Message, Note, StaffTask
from tests import factories
from tests.dashboard.conftest import signed_in_as
from tests.factories import NOW

pytestmark = pytest.mark.usefixtures("at_now")


def seen_on(client, intake):
    return client.get(f"/staff/intakes/{intake.code}/").context["form"].now_seen


def post(client, intake, **data):
    if "seen" not in data:
        data["seen"] = seen_on(client, intake)
    return client.post(f"/staff/intakes/{intake.code}/decide/", data)


def test_a_decision_moves_the_form_and_invites_the_person(clinician, clinician_client):
    intake = factories.submitted("P01")
    response = post(clinician_client, intake, kind="ready", reason="All clear.")
    assert (response.status_code, response["Location"]) == (302, f"/staff/intakes/{intake.code}/")
    decision = Decision.objects.get()
    assert (decision.kind, decision.reason, decision.by) == ("ready", "All clear.", clinician)
    assert Intake.objects.get().state == "ready"
    assert Message.objects.filter(event="booking_invite").count() == 1


def test_only_what_the_state_allows_is_offered(clinician_client):
    intake = factories.submitted("P01")
    offered = {}
    for state in ("submitted", "on_hold", "ready", "not_suitable", "withdrawn"):
        Intake.objects.update(state=state)
        form = clinician_client.get(f"/staff/intakes/{intake.code}/").context["form"]
        offered[state] = [kind for kind, _ in form.kinds]
    assert offered == {
        "submitted": ["ready", "hold", "not_suitable"],
        "on_hold": ["ready", "not_suitable"],
        "ready": ["hold", "not_suitable"],
        "not_suitable": ["reopened"],
        "withdrawn": [],
    }


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ({"kind": "ready", "reason": ""}, "Write the reason for your decision."),
        ({"kind": "ready", "reason": "   "}, "Write the reason for your decision."),
        ({"kind": "ready", "reason": "x" * 2001}, "it has 2001."),
        ({"kind": "ready", "reason": "a\0b"}, "Null characters are not allowed."),
        ({"kind": "accept", "reason": "Fine"}, "Choose one of the decisions listed."),
        ({"reason": "Fine"}, "Choose what you decide."),
        ({"kind": "ready"}, "Write the reason for your decision."),
    ],
)
def test_a_refused_decision_says_why_and_changes_nothing(clinician_client, typed, error):
    intake = factories.submitted("P01")
    response = post(clinician_client, intake, **typed)
    assert response.status_code == 422
    assert error in response.content.decode()
    assert Decision.objects.count() == 0
    assert Intake.objects.get().state == "submitted"


def test_a_refused_decision_keeps_what_was_typed(clinician_client):
    intake = factories.submitted("P01")
    words = "Talked by phone.\n" * 200
    page = post(clinician_client, intake, kind="hold", reason=words).content.decode()
    assert words.strip().replace("\n", "\r\n") in page or words.strip() in page
    assert 'value="hold" id="id_kind_1" checked' in page


def test_a_reason_of_2000_characters_fits_however_its_lines_end(clinician_client):
    intake = factories.submitted("P01")
    words = ("x" * 99 + "\r\n") * 20
    response = post(clinician_client, intake, kind="hold", reason=words)
    assert response.status_code == 302


def test_the_second_of_two_people_sees_what_changed_and_keeps_the_words(
    clinician_client, lead_client
):
    intake = factories.submitted("P01")
    seen = seen_on(lead_client, intake)
    post(clinician_client, intake, kind="ready", reason="Ready, I called.")
    response = post(lead_client, intake, kind="hold", reason="Wait for the letter.", seen=seen)
    page = response.content.decode()
    assert response.status_code == 409
    assert "Your decision is not recorded: this form has changed" in page
    assert "Ready, I called." in page
    assert "Wait for the letter." in page
    assert [one.kind for one in Decision.objects.all()] == ["ready"]


def test_the_second_person_may_decide_after_looking_again(clinician_client, lead_client):
    intake = factories.submitted("P01")
    seen = seen_on(lead_client, intake)
    post(clinician_client, intake, kind="ready", reason="Ready.")
    refused = post(lead_client, intake, kind="hold", reason="Wait.", seen=seen)
    again = refused.context["form"].now_seen
    assert post(lead_client, intake, kind="hold", reason="Wait.", seen=again).status_code == 302
    assert Intake.objects.get().state == "on_hold"


@pytest.mark.parametrize("seen", ["", "submitted", "ready.", "nonsense"])
def test_a_decision_on_a_page_that_was_never_shown_is_not_taken(clinician_client, seen):
    intake = factories.submitted("P01")
    response = post(clinician_client, intake, kind="ready", reason="Fine", seen=seen)
    assert response.status_code == 409
    assert Decision.objects.count() == 0


def test_a_withdrawn_form_keeps_the_words_that_came_too_late(clinician_client):
    intake = factories.submitted("P01")
    seen = seen_on(clinician_client, intake)
    Intake.objects.update(state="withdrawn")
    response = post(clinician_client, intake, kind="ready", reason="All clear.", seen=seen)
    assert response.status_code == 409
    assert "All clear." in response.content.decode()


@pytest.mark.parametrize("code", ["NOBODY2222", "%00"])
def test_an_unknown_form_cannot_be_decided(clinician_client, code):
    response = clinician_client.post(f"/staff/intakes/{code}/decide/", {"kind": "ready"})
    assert response.status_code == 404


def test_extra_fields_of_a_decision_are_ignored(clinician_client):
    intake = factories.submitted("P01")
    extra = {"state": "withdrawn", "by": "x", "rank": "0", "owner": "x", "code": "x"}
    post(clinician_client, intake, kind="hold", reason="Wait.", **extra)
    after = Intake.objects.get()
    assert (after.state, after.rank, after.owner) == ("on_hold", intake.rank, None)


def test_a_decision_is_in_the_record(clinician, clinician_client):
    intake = factories.submitted("P01")
    post(clinician_client, intake, kind="hold", reason="Wait.")
    event = AuditEvent.objects.about(intake).get(did="decided about a form")
    assert (event.by, event.at, event.details) == (clinician, NOW, {"kind": "hold"})


# ------------------------------------------------------------------------------- not suitable
NO = {"kind": "not_suitable", "reason": "The risk is too high.", "words": "We think the risk is"}
NO |= {"alternative": "Please talk with a heart doctor."}


def owned(intake):
    intake.owner = factories.User.objects.get(email=intake.contact_email)
    intake.save()
    return intake


def test_not_suitable_is_told_in_the_clinicians_words_and_with_another_way(clinician_client):
    intake = owned(factories.submitted("P01"))
    assert post(clinician_client, intake, **NO).status_code == 302
    decision = Decision.objects.get()
    assert (decision.words, decision.alternative) == (NO["words"], NO["alternative"])
    assert Intake.objects.get().state == "not_suitable"
    page = signed_in_as(intake.owner).get("/consult/status/").content.decode()
    assert NO["words"] in page
    assert NO["alternative"] in page
    assert NO["reason"] not in page
    assert Message.objects.filter(event="message_waiting").count() == 1
    assert Message.objects.filter(event="booking_invite").count() == 0


@pytest.mark.parametrize("missing", ["words", "alternative", "reason"])
def test_not_suitable_needs_words_for_the_person_and_another_way(clinician_client, missing):
    intake = factories.submitted("P01")
    response = post(clinician_client, intake, **NO | {missing: " "})
    assert response.status_code == 422
    assert Intake.objects.get().state == "submitted"


def test_what_was_written_for_the_person_stays_out_of_other_decisions(clinician_client):
    intake = factories.submitted("P01")
    post(clinician_client, intake, **NO | {"kind": "hold"})
    assert (Decision.objects.get().words, Decision.objects.get().alternative) == (None, None)


def test_a_form_that_was_not_suitable_can_be_opened_again(clinician_client):
    intake = factories.submitted("P01")
    post(clinician_client, intake, **NO)
    assert post(clinician_client, intake, kind="reopened", reason="New letter.").status_code == 302
    assert Intake.objects.get().state == "submitted"
    assert post(clinician_client, intake, kind="reopened", reason="Again.").status_code == 422


# ------------------------------------------------------------------------------- two clinicians
@pytest.fixture
def held(db):
    """A form that the rules hold until it is reviewed."""
    intake = owned(factories.submitted("P01"))
    Intake.objects.filter(pk=intake.pk).update(rank=4)
    return Intake.objects.get(pk=intake.pk)


GO_ON = {"kind": "ready", "reason": "The report is clear.", "override": "checked"}


def answer(client, intake, **data):
    waiting = Decision.objects.waiting().get()
    return client.post(f"/staff/intakes/{intake.code}/second/", {"decision": waiting.pk.hex} | data)


def test_a_held_form_is_ready_once_two_clinicians_have_signed(clinician_client, lead_client, held):
    assert post(clinician_client, held, **GO_ON).status_code == 302
    assert Intake.objects.get().state == "submitted"
    assert Message.objects.filter(event="booking_invite").count() == 0
    task = StaffTask.objects.get(event="second_opinion")
    page = lead_client.get(f"/staff/intakes/{held.code}/").content.decode()
    assert "Waits for a second clinician" in page
    assert "The reason was checked and does not hold" in page
    assert answer(lead_client, held, agrees="yes", second_words="I read it.").status_code == 302
    decision = Decision.objects.get()
    assert (decision.second_by.full_name, decision.second_at) == ("Lena Okafor", NOW)
    assert (Intake.objects.get().state, decision.second_words) == ("ready", "I read it.")
    assert Message.objects.filter(event="booking_invite").count() == 1
    task.refresh_from_db()
    assert (task.done_by.full_name, task.what_was_done) == ("Lena Okafor", "I read it.")
    page = clinician_client.get(f"/staff/intakes/{held.code}/").content.decode()
    assert "Signed by Lena Okafor" in page


def test_the_second_clinician_may_refuse_with_words(clinician_client, lead_client, held):
    post(clinician_client, held, **GO_ON)
    assert answer(lead_client, held, agrees="no").status_code == 422
    assert answer(lead_client, held, agrees="no", second_words="Too early.").status_code == 302
    decision = Decision.objects.get()
    assert (decision.second_at, decision.refused_at) == (None, NOW)
    assert Intake.objects.get().state == "submitted"
    assert list(Decision.objects.counting()) == []
    page = clinician_client.get(f"/staff/intakes/{held.code}/").content.decode()
    assert "Too early." in page


def test_a_held_form_needs_a_chosen_reason(clinician_client, held):
    response = post(clinician_client, held, **GO_ON | {"override": ""})
    assert response.status_code == 422
    assert "Choose why it may go on although the rules hold it." in response.content.decode()
    assert Decision.objects.count() == 0


def test_no_one_is_their_own_second_clinician(lead_client, held):
    post(lead_client, held, **GO_ON)
    assert answer(lead_client, held, agrees="yes").status_code == 409
    assert Intake.objects.get().state == "submitted"


def test_one_of_the_two_is_a_lead_clinician(clinician_client, held):
    post(clinician_client, held, **GO_ON)
    colleague = signed_in_as(factories.clinician(full_name="Mia Berg"))
    response = answer(colleague, held, agrees="yes", second_words="Fine.")
    assert response.status_code == 409
    assert "One of the two has to be a lead clinician." in response.content.decode()
    assert "Fine." in response.content.decode()


def test_the_person_is_not_the_second_clinician(clinician, held):
    lead = factories.staff(factories.Role.LEAD_CLINICIAN)
    decision = decide(
        held, by=clinician, kind="ready", reason="Clear.", override="checked", now=NOW
    )
    Intake.objects.update(owner=lead)
    decision.intake.refresh_from_db()
    with pytest.raises(NotAllowed):
        sign(decision, by=lead, words="", agrees=True, now=NOW)


def test_what_was_decided_or_answered_since_is_not_signed(clinician, held):
    lead = factories.staff(factories.Role.LEAD_CLINICIAN)
    first = decide(held, by=clinician, kind="ready", reason="x", override="checked", now=NOW)
    later = NOW + timedelta(minutes=1)
    decide(held, by=clinician, kind="hold", reason="Wait.", now=later)
    with pytest.raises(NotAllowed):
        sign(first, by=lead, words="", agrees=True, now=later)
    assert Intake.objects.get().state == "on_hold"


def test_new_answers_end_the_wait(clinician_client, lead_client, held):
    post(clinician_client, held, **GO_ON)
    Intake.objects.update(revision=held.revision + 1)
    assert answer(lead_client, held, agrees="yes").status_code == 409
    assert Intake.objects.get().state == "submitted"


def test_a_sign_off_that_nobody_waits_for_changes_nothing(lead_client):
    intake = factories.submitted("P01")
    response = lead_client.post(f"/staff/intakes/{intake.code}/second/", {"agrees": "yes"})
    assert response.status_code == 409
    assert Intake.objects.get().state == "submitted"


# ------------------------------------------------------------------------ at the person's word
def test_a_clinician_withdraws_a_form_at_the_persons_word(clinician, clinician_client):
    intake = factories.ready()
    address = f"/staff/intakes/{intake.code}/withdraw/"
    assert clinician_client.get(address).status_code == 200
    assert clinician_client.post(address, {"reason": ""}).status_code == 422
    assert clinician_client.post(address, {"reason": "She called at ten."}).status_code == 302
    assert Intake.objects.get().state == "withdrawn"
    note = Note.objects.get()
    assert (note.words, note.by) == (
        "Withdrawn at the person’s word. She called at ten.",
        clinician,
    )
    assert not Message.objects.filter(event="booking_invite", status="scheduled").exists()
    assert clinician_client.post(address, {"reason": "Again."}).status_code == 302
    assert Note.objects.count() == 1


def test_of_two_that_decide_in_the_same_moment_the_second_is_refused_by_the_action(clinician):
    """The page looks first; between its look and the lock somebody else may have decided."""
    intake = factories.submitted("P01")
    seen = standing(intake)
    decide(intake, by=clinician, kind="hold", reason="Wait.", seen=seen, now=NOW)
    with pytest.raises(NotAllowed, match="Somebody else has decided meanwhile"):
        decide(intake, by=factories.clinician(), kind="ready", reason="Go.", seen=seen, now=NOW)
    assert Decision.objects.get().kind == "hold"


@pytest.mark.parametrize(
    "told", [None, ToThePerson("", "A trial."), ToThePerson("Not for you at present.", "")]
)
def test_the_action_itself_lets_nobody_be_refused_without_words_and_another_way(clinician, told):
    intake = factories.submitted("P01")
    with pytest.raises(NotAllowed, match="Write to the person"):
        decide(intake, by=clinician, kind="not_suitable", reason="No.", told=told, now=NOW)
    assert Intake.objects.get().state == "submitted"
