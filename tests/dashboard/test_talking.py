"""Staff write to a person: template, draft, preview, two minutes to take it back."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from consult.intake import conversation
from consult.models import AuditEvent, Intake, MessageTemplate, PortalMessage, StaffTask
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.usefixtures("at_now")
OUT = NOW + conversation.UNDO


def at(instant: Any) -> Any:
    return time_machine.travel(instant, tick=False)


@pytest.fixture
def intake(db: None) -> Intake:
    return factories.ready(by=factories.clinician(email="decider@example.org"))


def address(intake: Intake) -> str:
    return f"/staff/intakes/{intake.code}/messages/"


def drafted(client: Any, intake: Intake, words: str) -> Any:
    return client.post(address(intake), {"words": words})


def template(words: str, name: str = "Scans") -> MessageTemplate:
    return MessageTemplate.objects.create(name=name, words=words, changed_at=NOW)


def test_a_message_goes_from_draft_over_preview_to_the_person(clinician, clinician_client, intake):
    preview = drafted(clinician_client, intake, "Dear {first_name},\r\nabout {reference}.")
    draft = PortalMessage.objects.get()
    assert preview["Location"] == f"{address(intake)}{draft.pk}/"
    assert (draft.words, draft.sent_at, draft.by) == (
        f"Dear Ana,\nabout {intake.code}.",
        None,
        clinician,
    )
    assert "Dear Ana," in clinician_client.get(preview["Location"]).text
    clinician_client.post(preview["Location"], {"do": "send"})
    draft.refresh_from_db()
    assert draft.sent_at == OUT
    assert [one.did for one in AuditEvent.objects.about(intake).filter(by=clinician)] == [
        "wrote a draft",
        "viewed intake",
        "sent a message",
    ]


def test_what_was_sent_is_taken_back_for_two_minutes_and_then_not(clinician_client, intake):
    page = drafted(clinician_client, intake, "Hello.")["Location"]
    clinician_client.post(page, {"do": "send"})
    clinician_client.post(page, {"do": "take_back"})
    assert PortalMessage.objects.get().sent_at is None
    clinician_client.post(page, {"do": "send"})
    with at(OUT):
        response = clinician_client.post(page, {"do": "take_back"})
    assert response.status_code == 409
    assert "It is too late to take this back" in response.text
    assert PortalMessage.objects.get().sent_at == OUT


def test_a_draft_is_gone_on_with_and_thrown_away(clinician_client, intake):
    page = drafted(clinician_client, intake, "First try.")["Location"]
    assert "First try." in clinician_client.get(address(intake)).text
    assert drafted(clinician_client, intake, "Second try.")["Location"] == page
    assert PortalMessage.objects.get().words == "Second try."
    clinician_client.post(page, {"do": "throw_away"})
    assert PortalMessage.objects.count() == 0


@pytest.mark.parametrize("do", ["", "nonsense"])
def test_nothing_else_can_be_done_with_a_message(clinician_client, intake, do):
    page = drafted(clinician_client, intake, "Hello.")["Location"]
    assert clinician_client.post(page, {"do": do}).status_code == 404


def test_a_colleagues_draft_is_not_there(clinician_client, lead_client, intake):
    page = drafted(clinician_client, intake, "Hello.")["Location"]
    other = factories.submitted("P04", email="other@example.org")
    assert lead_client.get(page).status_code == 404
    assert clinician_client.get(page.replace(intake.code, other.code)).status_code == 404


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("", "Write the message."),
        ("x" * 4001, "it has 4001."),
        ("Hello {name}", "There is no placeholder {name}."),
        ("Hello {first_name", "A curly bracket is left over."),
        ("Hello }", "A curly bracket is left over."),
        ("On {appointment}", "No appointment is ahead, so {appointment} cannot be filled in."),
        ("a\0b", "Null characters are not allowed."),
    ],
)
def test_words_that_cannot_go_out_are_kept_with_a_sentence(clinician_client, intake, words, error):
    response = drafted(clinician_client, intake, words)
    assert response.status_code == 422
    assert error in response.context["form"].errors["words"][0] or error in response.text
    assert PortalMessage.objects.count() == 0


def test_a_template_is_filled_in(clinician_client, intake):
    visit = factories.appointment(intake)
    chosen = template("{first_name}, {reference}: {appointment}.")
    response = clinician_client.post(address(intake), {"pick": "1", "template": chosen.pk})
    assert response.context["pick"].errors == {}
    assert response.context["form"]["words"].value() == (
        f"Ana, {intake.code}: Tuesday 24 November 2026, 10:00, Tijuana time."
    )
    assert visit.starts_at == NOW + timedelta(days=7)


def test_a_template_with_an_unknown_placeholder_is_refused_when_it_is_used(
    clinician_client, intake
):
    chosen = template("Dear {nobody}")
    data = {"pick": "1", "template": chosen.pk, "words": "What I typed."}
    response = clinician_client.post(address(intake), data)
    assert response.status_code == 422
    assert "There is no placeholder {nobody}." in response.text
    assert response.context["form"]["words"].value() == "What I typed."


@pytest.mark.parametrize("key", ["", "x", "00000000-0000-0000-0000-000000000000"])
def test_a_template_that_is_not_there_is_refused(clinician_client, intake, key):
    template("Hello.")
    response = clinician_client.post(address(intake), {"pick": "1", "template": key})
    assert response.status_code == 422
    said = {"": "Choose a template."}.get(key, "Choose one of the templates listed.")
    assert response.context["pick"].errors["template"] == [said]


# -------------------------------------------------------------------------------------- templates
def saved(client: Any, path: str = "/staff/message-templates/new/", **data: str) -> Any:
    return client.post(path, {"name": "Scans", "words": "Hi", "is_active": "on"} | data)


def test_the_front_desk_writes_and_changes_a_template(front_desk_client):
    assert saved(front_desk_client, words="Dear {first_name}")["Location"] == (
        "/staff/message-templates/"
    )
    kept = MessageTemplate.objects.get()
    path = f"/staff/message-templates/{kept.pk}/"
    assert "Dear {first_name}" in front_desk_client.get(path).text
    saved(front_desk_client, path, words="Hello {first_name}", is_active="")
    kept.refresh_from_db()
    assert (kept.words, kept.is_active, str(kept.changed_by)) == (
        "Hello {first_name}",
        False,
        "Noor Haddad",
    )
    assert "Hello {first_name}" in front_desk_client.get("/staff/message-templates/").text


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({"words": "Dear {nobody}"}, "There is no placeholder {nobody}."),
        ({"words": "Dear {first_name"}, "A curly bracket is left over."),
        ({"words": ""}, "Write the message."),
        ({"name": ""}, "Give the template a name."),
        ({"name": "Taken"}, "Another template has this name."),
    ],
)
def test_a_template_that_would_not_work_is_not_saved(clinician_client, data, error):
    template("Hello.", name="Taken")
    response = saved(clinician_client, **data)
    assert response.status_code == 422
    assert error in response.text
    assert MessageTemplate.objects.count() == 1


# ------------------------------------------------------------------------------- what was answered
def test_an_answer_is_new_until_staff_open_it_and_the_task_stays(front_desk_client, intake):
    conversation.answer(intake, words="May I <b>swim</b>?", by=intake.owner, now=NOW)
    page = front_desk_client.get(address(intake)).text
    assert "May I &lt;b&gt;swim&lt;/b&gt;?" in page
    assert ">New</span>" in page
    assert PortalMessage.objects.get().read_at == NOW
    assert ">New</span>" not in front_desk_client.get(address(intake)).text
    assert StaffTask.objects.get(event="person_wrote").done_at is None
    tasks = front_desk_client.get("/staff/tasks/").text
    assert "The person wrote to us" in tasks


def test_a_form_taken_back_can_only_be_read(clinician_client, intake):
    conversation.answer(intake, words="Hello?", by=intake.owner, now=NOW)
    Intake.objects.update(state="withdrawn")
    page = clinician_client.get(address(intake)).text
    assert "Hello?" in page
    assert "<textarea" not in page
    response = drafted(clinician_client, intake, "Still there?")
    assert response.status_code == 409
    assert "Still there?" in response.text


@pytest.mark.parametrize("code", ["ZZZZZZZZZZ", "%00", "a-b"])
def test_a_form_that_is_not_there_has_no_messages(clinician_client, code):
    assert clinician_client.get(f"/staff/intakes/{code}/messages/").status_code == 404


def test_a_template_goes_below_what_was_typed(clinician_client, intake):
    chosen = template("Bring your scans.")
    data = {"pick": "1", "template": chosen.pk, "words": "Dear Ana,"}
    response = clinician_client.post(address(intake), data)
    assert response.context["form"]["words"].value() == "Dear Ana,\n\nBring your scans."


def test_taking_back_leaves_what_was_begun_meanwhile(clinician, clinician_client, intake):
    page = drafted(clinician_client, intake, "First.")["Location"]
    clinician_client.post(page, {"do": "send"})
    drafted(clinician_client, intake, "Second.")
    clinician_client.post(page, {"do": "take_back"})
    drafts = conversation.drafts_of(intake, clinician)
    assert sorted(one.words for one in drafts) == ["First.", "Second."]
