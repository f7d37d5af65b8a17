"""Staff stop an address: the letters that wait end, and somebody phones where the plan says so."""

import pytest

from consult.followups import actions
from consult.followups.actions import send_due
from consult.models import AuditEvent, Message, Role, StaffTask, Suppression
from tests import factories
from tests.dashboard.conftest import signed_in_as
from tests.dashboard.test_mail_desk import page_of, text_of
from tests.factories import NOW
from tests.followups.rows import HOUR, letter, told

pytestmark = [pytest.mark.usefixtures("at_now"), pytest.mark.django_db]
ASKED = {"do": "stop", "sure": "yes", "scope": "all", "reason": "asked"}


def stop(client, message, **said):
    return client.post(page_of(message), ASKED | said, follow=True)


def to_ana(intake, **fields):
    return letter(intake=intake, recipient="ana@example.org", not_before=NOW + HOUR, **fields)


def standing():
    return list(Suppression.objects.standing().values_list("scope", "reason"))


def test_it_is_asked_about_first(front_desk_client, received):
    response = front_desk_client.post(page_of(received), {"do": "stop"}, follow=True)
    assert response.redirect_chain == [(f"{page_of(received)}?ask=stop", 302)]
    page = text_of(response)
    for words in ("Stop letters to this address?", "a•••@e•••.org", "Yes, stop them", "Why?"):
        assert words in page
    assert standing() == []


def test_all_letters_that_wait_stop_and_it_is_recorded(front_desk_client, received):
    more = to_ana(received.intake)
    page = text_of(stop(front_desk_client, received))
    assert "No letter goes to this address any more." in page
    assert "No letters at all: the person asked for it" in page
    assert standing() == [("all", "asked")]
    for one in (received, more):
        assert told(one) == ("cancelled", "suppressed")
    event = AuditEvent.objects.get(did="stopped an address")
    assert event.by is not None
    assert event.details == {"reason": "asked", "letters": 2}
    assert send_due(now=NOW + HOUR).sent == 0


def test_what_the_service_needs_goes_on_if_only_the_rest_is_stopped(clinician_client, received):
    care = to_ana(received.intake, category="care")
    stop(clinician_client, received, scope="care", reason="others_read")
    assert standing() == [("care", "others_read")]
    assert told(care) == ("cancelled", "suppressed")
    assert told(received) == ("scheduled", "")


def test_a_code_that_waits_is_forgotten(clinician_client, received):
    code = letter(recipient="ana@example.org", not_before=NOW + HOUR)
    stop(clinician_client, received)
    code.refresh_from_db()
    assert (code.status, code.values) == ("cancelled", {})


def test_where_the_plan_says_so_somebody_phones_at_the_letters_time(clinician_client):
    intake = factories.ready()
    visit = factories.appointment(intake)
    anchor = f"{visit.pk.hex}.{visit.sequence}"
    missed = actions.schedule("missed_appointment", intake=intake, anchor=anchor, now=NOW - HOUR)
    stop(clinician_client, missed)
    assert told(missed) == ("scheduled", "suppressed")
    send_due(now=NOW + 3 * HOUR)
    assert told(missed) == ("cancelled", "suppressed")
    assert StaffTask.objects.filter(intake=intake, event="staff_call_missed").exists()


def test_it_can_be_lifted_and_what_is_still_ahead_is_planned_anew(clinician_client, received):
    later = to_ana(received.intake)
    stop(clinician_client, received)
    page = text_of(
        clinician_client.post(page_of(received), {"do": "lift", "sure": "yes"}, follow=True)
    )
    assert "Of those it had stopped, 1 are planned anew." in page
    assert standing() == []
    assert Message.objects.filter(idem_key=f"{later.idem_key}~2", status="scheduled").exists()


def test_after_the_optional_ones_all_can_be_stopped_and_then_nothing_more(
    clinician_client, received
):
    stop(clinician_client, received, scope="care")
    page = text_of(clinician_client.get(f"{page_of(received)}?ask=stop"))
    assert 'value="all"' in page
    assert 'value="care"' not in page
    stop(clinician_client, received)
    page = text_of(clinician_client.get(f"{page_of(received)}?ask=stop"))
    assert "Yes, stop them" not in page
    assert sorted(standing()) == [("all", "asked"), ("care", "asked")]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"scope": ""}, "Choose which letters are stopped."),
        ({"scope": "some"}, "Choose one of those listed."),
        ({"reason": ""}, "Choose why."),
        ({"reason": "bounced"}, "Choose one of the reasons listed."),
        ({"reason": "\0"}, "Choose one of the reasons listed."),
    ],
)
def test_what_is_left_out_or_unknown_is_said_at_its_field(clinician_client, received, said, words):
    response = clinician_client.post(page_of(received), ASKED | said)
    page = text_of(response)
    assert response.status_code == 422
    assert words in page
    assert "There is a problem" in page
    assert "<title>Error: " in page
    assert standing() == []


def test_of_two_who_stop_it_the_second_is_told(clinician_client, received):
    stop(clinician_client, received)
    page = text_of(stop(clinician_client, received))
    assert "Nothing was changed: this address was stopped before." in page
    assert standing() == [("all", "asked")]


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.EDITOR])
def test_it_is_the_care_teams(role, received):
    assert stop(signed_in_as(factories.staff(role)), received).status_code == 404
    assert standing() == []
