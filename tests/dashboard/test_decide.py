import pytest

from consult.models import AuditEvent, Decision, Intake, Message
from tests import factories
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
    for state in ("submitted", "on_hold", "ready", "withdrawn"):
        Intake.objects.update(state=state)
        form = clinician_client.get(f"/staff/intakes/{intake.code}/").context["form"]
        offered[state] = [kind for kind, _ in form.kinds]
    assert offered == {
        "submitted": ["ready", "hold"],
        "on_hold": ["ready"],
        "ready": ["hold"],
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
