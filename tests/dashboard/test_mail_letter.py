"""One letter at the mail desk: its life, how it reads, and what staff can do with it."""

import threading
import uuid

import pytest
from django.db import connections

from consult.followups import desk, outbox, suppression
from consult.models import AuditEvent, Message, ProviderEvent, Role, Status
from consult.models.messages import EDGES
from tests import factories
from tests.dashboard.conftest import signed_in_as
from tests.dashboard.test_mail_desk import DESK, page_of, text_of
from tests.factories import NOW
from tests.followups.rows import HOUR, in_state, letter, now_standing

pytestmark = [pytest.mark.usefixtures("at_now"), pytest.mark.django_db]


# ------------------------------------------------------------------------------------ one letter
def test_one_letters_page_tells_its_life_and_shows_it(clinician_client, received):
    Message.objects.update(status="delivered", sent_at=NOW, attempts=2)
    ProviderEvent.objects.create(
        event_id="e1", kind="delivered", message=received, at=NOW, came_at=NOW
    )
    page = text_of(clinician_client.get(page_of(received)))
    for words in (
        "It was delivered.",
        "The mail provider said",
        "<dd>2</dd>",
        "The portal’s own",
        "Someone from our team reads every form.",
        "The words of this letter were not kept. It is shown as it would be made today;",
        'sandbox title="The letter as a mail program shows it" srcdoc="&lt;!doctype html&gt;',
    ):
        assert words in page
    assert received.message_id.strip("<>") in page
    assert "ana@example.org" not in page


def test_the_letters_looks_count_on_its_page_alone_and_scripts_nowhere(clinician_client, received):
    here = clinician_client.get(page_of(received))["Content-Security-Policy"]
    elsewhere = clinician_client.get(DESK)["Content-Security-Policy"]
    assert "style-src-attr 'unsafe-inline'" in here
    assert "style-src 'self'" in here
    assert "frame-src 'none'" in here  # a link of the letter leads nowhere
    assert "unsafe" not in here.replace("style-src-attr 'unsafe-inline'", "")
    assert "unsafe" not in elsewhere


def test_what_a_name_holds_runs_nowhere(clinician_client):
    intake = factories.submitted("P01", full_name='"><script>alert(1)</script> Torres')
    page = text_of(clinician_client.get(page_of(intake.messages.get())))
    assert "<script>alert" not in page


def test_looking_at_a_letter_is_recorded_on_the_persons_form(clinician, clinician_client, received):
    clinician_client.get(page_of(received))
    event = AuditEvent.objects.about(received.intake).get(did="viewed intake")
    assert (event.by, event.details) == (clinician, {"part": "letter"})


@pytest.mark.parametrize("event", ["sign_in_code", "password_reset"])
def test_a_secret_is_never_shown(clinician_client, event):
    values = {"code": "QX793K", "path": "/accounts/password/reset/key/x-y/"}
    message = letter(event=event, values=values)
    for page in map(text_of, (clinician_client.get(DESK), clinician_client.get(page_of(message)))):
        assert "QX793K" not in page
        assert "reset/key" not in page
    assert "It carries a secret" in page


def test_the_letter_of_a_draft_is_not_ours_to_read(clinician_client):
    message = letter(intake=factories.draft(), event="message_waiting")
    page = text_of(clinician_client.get(page_of(message)))
    assert "It belongs to a form that has not been handed in." in page
    assert "Ana" not in page


def test_a_letter_that_cannot_be_made_says_so(clinician_client, received):
    Message.objects.update(event="booking_confirmed", idem_key="booking_confirmed:x:nonsense")
    response = clinician_client.get(page_of(received))
    assert response.status_code == 200
    assert "cannot be put together" in text_of(response)


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.EDITOR])
def test_the_desk_is_the_care_teams(role, received):
    client = signed_in_as(factories.staff(role))
    unknown = client.get(f"{DESK}{uuid.uuid4()}/")
    for response in (client.get(page_of(received)), client.post(page_of(received), {"do": "hold"})):
        assert (response.status_code, response.content) == (404, unknown.content)
    assert now_standing(received) == ["scheduled"]


# ---------------------------------------------------------------------------- what can be done
def act(client, message, do, **more):
    return client.post(page_of(message), {"do": do} | more, follow=True)


def test_the_front_desk_holds_and_releases(front_desk_client, received):
    assert "The letter is held." in text_of(act(front_desk_client, received, "hold"))
    assert now_standing(received) == ["held"]
    assert "The letter is released." in text_of(act(front_desk_client, received, "release"))
    assert now_standing(received) == ["scheduled"]
    done = AuditEvent.objects.about(received).order_by("pk").values_list("did", flat=True)
    assert [one for one in done if not one.startswith("viewed")] == [
        "held a letter",
        "released a letter",
    ]


@pytest.mark.parametrize("do", ["send_now", "cancel", "send_again"])
def test_what_bites_is_asked_about_first(clinician_client, do):
    status = "dead" if do == "send_again" else "scheduled"
    message = letter(intake=factories.submitted("P01"), status=status, not_before=NOW + HOUR)
    before = list(Message.objects.order_by("pk").values())
    response = act(clinician_client, message, do)
    assert response.redirect_chain == [(f"{page_of(message)}?ask={do}", 302)]
    assert 'name="sure" value="yes"' in text_of(response)
    assert list(Message.objects.order_by("pk").values()) == before


def test_a_letter_sent_now_goes_with_the_next_look_before_others(clinician_client, received):
    first = letter(intake=received.intake, wall_time=NOW + HOUR, not_before=NOW + HOUR)
    chosen = letter(intake=received.intake, wall_time=NOW + 2 * HOUR, not_before=NOW + 2 * HOUR)
    fields = {"recipient": received.recipient}
    for one in (first, chosen):
        one.recipient = fields["recipient"]
        one.save()
    outbox.move(outbox.row(received), out_of={"scheduled"}, to="cancelled")
    response = act(clinician_client, chosen, "send_now", sure="yes")
    assert "It goes with the next look at the outbox" in text_of(response)
    assert [one.pk for one in outbox.claim(now=NOW, limit=9)] == [chosen.pk]
    assert AuditEvent.objects.about(chosen).get(did="sent a letter at once").by is not None


def test_a_held_letter_can_be_sent_now(clinician_client):
    message = letter(status="held", not_before=NOW + HOUR)
    act(clinician_client, message, "send_now", sure="yes")
    message.refresh_from_db()
    assert (message.status, message.not_before) == (Status.SCHEDULED, NOW)


def test_a_letter_that_the_person_does_not_want_is_not_sent_now(clinician_client):
    intake = factories.submitted("P01")
    intake.consents.filter(purpose="consent.email").update(given=False)
    message = letter(intake=intake, category="care", not_before=NOW + HOUR)
    response = act(clinician_client, message, "send_now", sure="yes")
    assert "Nothing was changed. The person does not want such letters." in text_of(response)
    assert not Message.objects.due(NOW).filter(pk=message.pk).exists()


def test_a_letter_that_is_of_no_use_any_more_is_not_sent_now(clinician_client):
    message = letter(expires_at=NOW, not_before=NOW + HOUR)
    response = act(clinician_client, message, "send_now", sure="yes")
    assert "It would have come too late to be of use." in text_of(response)


def test_a_cancelled_letter_never_leaves_and_forgets_its_code(clinician_client):
    message = letter()
    assert "It never leaves." in text_of(act(clinician_client, message, "cancel", sure="yes"))
    message.refresh_from_db()
    told = (message.status, message.last_error, message.outcome_at, message.values)
    assert told == (Status.CANCELLED, desk.STOPPED_BY_STAFF, NOW, {})
    assert outbox.claim(now=NOW + HOUR, limit=9) == []


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("sending", "Too late: it is being handed over."),
        ("verify", "Too late: it is being handed over."),
        ("sent", "Nothing was changed: the letter is “Sent”."),
        ("cancelled", "Nothing was changed: the letter is “Cancelled”."),
    ],
)
@pytest.mark.parametrize("do", ["cancel", "send_now", "hold"])
def test_whoever_comes_too_late_is_told_so(clinician_client, status, words, do):
    message = in_state(status)
    assert words in text_of(act(clinician_client, message, do, sure="yes"))
    assert now_standing(message) == [status]


def test_a_dead_letter_goes_again_as_a_row_of_its_own(clinician_client, received):
    Message.objects.update(status="dead", last_error="TimeoutError", outcome_at=NOW)
    asked = text_of(clinician_client.get(f"{page_of(received)}?ask=send_again"))
    assert "the person may get it twice" in asked
    response = act(clinician_client, received, "send_again", sure="yes")
    again = Message.objects.exclude(pk=received.pk).get()
    assert response.redirect_chain == [(page_of(again), 302)]
    assert (again.status, again.not_before) == (Status.SCHEDULED, NOW)
    assert "It goes again for" in text_of(response)
    assert "It goes again as" in text_of(clinician_client.get(page_of(received)))


def test_a_dead_letter_with_a_secret_does_not_go_again(clinician_client):
    message = in_state("dead")
    assert "Its code is forgotten." in text_of(
        act(clinician_client, message, "send_again", sure="yes")
    )


def test_a_stopped_address_is_said_and_can_be_let_free(clinician_client):
    intake = factories.submitted("P01")
    message = letter(intake=intake, recipient=intake.contact["email"], not_before=NOW + HOUR)
    index = bytes(message.recipient_index)
    suppression.stop(index, scope="all", reason="bounced", by=None, now=NOW)
    page = text_of(clinician_client.get(page_of(message)))
    assert "This address is stopped" in page
    assert "No letters at all: two letters in a row came back" in page
    refused = act(
        clinician_client, letter(status="held", recipient=message.recipient), "send_now", sure="yes"
    )
    assert "Nothing was changed. No such letters go to this address any more." in text_of(refused)
    assert act(clinician_client, message, "lift").redirect_chain[0][0].endswith("?ask=lift")
    assert suppression.is_stopped(index, care=False)
    response = act(clinician_client, message, "lift", sure="yes")
    assert "Letters go to this address again." in text_of(response)
    assert "This address is stopped" not in text_of(response)
    assert not suppression.is_stopped(index, care=False)


@pytest.mark.parametrize("do", ["", "nonsense", "%00", "delete"])
def test_there_is_nothing_else_to_do(clinician_client, received, do):
    assert clinician_client.post(page_of(received), {"do": do}).status_code == 404


def test_the_buttons_are_those_that_the_edges_allow(clinician_client):
    intake = factories.submitted("P01")
    for status in Status:
        message = in_state(status, intake=intake)
        doable = clinician_client.get(page_of(message)).context["doable"]
        assert doable.hold == (Status.HELD in EDGES[status] and status != Status.VERIFY), status
        assert doable.cancel == (Status.CANCELLED in EDGES[status]), status
        assert doable.release == (status == Status.HELD), status


@pytest.mark.django_db(transaction=True)
def test_of_many_cancels_against_hand_overs_each_letter_has_one_fate():
    """A confirmed cancel never leaves; a cancel that is too late is never confirmed."""
    by = factories.clinician()
    letters = [letter() for _ in range(12)]
    batch = outbox.claim(now=NOW, limit=12)
    fates = {}
    gate = threading.Barrier(2)

    def cancels():
        try:
            gate.wait()
            for one in letters:
                fates[one.pk] = desk.cancel_one(message=one, by=by, now=NOW)
        finally:
            connections.close_all()

    thread = threading.Thread(target=cancels)
    thread.start()
    gate.wait()
    begun = {one.pk: outbox.begin(one, now=NOW) for one in reversed(batch)}
    thread.join()
    assert {pk: not stopped for pk, stopped in fates.items()} == begun
