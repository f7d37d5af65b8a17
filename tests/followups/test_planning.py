from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from consult.followups import actions
from consult.followups.actions import Cancelled
from consult.models import AuditEvent, Consent, Intake, Message
from consult.models.messages import PENDING
from tests.factories import NOW, clinician, draft
from tests.followups.rows import in_state, letter, now_standing

pytestmark = pytest.mark.django_db
TIJUANA = ZoneInfo("America/Tijuana")
NIGHT = datetime(2026, 11, 17, 23, 30, tzinfo=TIJUANA)
MORNING = datetime(2026, 11, 18, 8, 0, tzinfo=TIJUANA)


def test_a_letter_is_written_once_for_its_event_person_and_anchor() -> None:
    intake = draft({})
    first = actions.schedule("message_waiting", intake=intake, now=NOW, anchor="a")
    again = actions.schedule(
        "message_waiting", intake=intake, now=NOW + timedelta(days=1), anchor="a"
    )
    other = actions.schedule("message_waiting", intake=intake, now=NOW, anchor="b")
    assert first == again != other
    assert again.created_at == NOW
    assert Message.objects.count() == 2


def test_a_letter_knows_whom_when_and_under_what_id(settings: Any) -> None:
    settings.SITE_URL = "https://portal.example"
    intake = draft({}, time_zone="Europe/Madrid")
    message = actions.schedule("intake_received", intake=intake, now=NOW)
    assert message.recipient == "ana@example.org"
    assert (message.category, message.language) == ("service", "en")
    assert (message.wall_time, message.zone, message.not_before) == (NOW, "Europe/Madrid", NOW)
    assert message.expires_at == NOW + timedelta(hours=12)
    local, _, domain = message.message_id.strip("<>").partition("@")
    assert (len(local), domain) == (32, "portal.example")
    assert intake.code not in message.message_id


def test_the_id_of_a_letter_is_the_same_however_often_it_is_made() -> None:
    key = "intake_received:1:"
    assert (
        actions.new_row(key, now=NOW)["message_id"] == actions.new_row(key, now=NOW)["message_id"]
    )


def test_an_answer_to_what_somebody_just_did_goes_at_night_too() -> None:
    message = actions.schedule("intake_received", intake=draft({}), now=NIGHT)
    assert message.not_before == NIGHT


def test_an_invitation_waits_for_the_persons_morning() -> None:
    message = actions.schedule("booking_invite", intake=draft({}), now=NIGHT)
    assert message.not_before == MORNING


def test_an_invitation_waits_in_the_persons_own_zone() -> None:
    madrid = draft({}, time_zone="Europe/Madrid")
    message = actions.schedule(
        "booking_invite", intake=madrid, now=datetime(2026, 11, 17, 22, tzinfo=UTC)
    )
    assert message.not_before == datetime(2026, 11, 18, 7, tzinfo=UTC)


def test_an_invitation_goes_at_night_where_the_clinic_has_no_quiet_hours(settings: Any) -> None:
    settings.OUTBOX_QUIET_HOURS = False
    message = actions.schedule("booking_invite", intake=draft({}), now=NIGHT)
    assert message.not_before == NIGHT


def test_a_zone_that_nobody_knows_is_the_clinics(settings: Any) -> None:
    settings.TIME_ZONE = "America/Tijuana"
    intake = draft({}, time_zone="Middle/Earth")
    assert actions.schedule("intake_received", intake=intake, now=NOW).zone == "America/Tijuana"


def test_without_an_address_there_is_no_letter() -> None:
    intake = Intake.objects.create(questionnaire="0.1.0", started_at=NOW, saved_at=NOW)
    assert actions.schedule("intake_received", intake=intake, now=NOW) is None


def test_an_event_without_a_letter_is_refused_when_it_is_planned() -> None:
    with pytest.raises(KeyError):
        actions.schedule("draft_deleted", intake=draft({}), now=NOW)


@pytest.mark.parametrize(
    ("answers", "consent", "wanted"),
    [
        ({}, None, False),
        ({"consent.email": True}, None, True),
        ({"consent.email": True}, False, False),
        ({}, True, True),
    ],
)
def test_optional_letters_need_the_latest_consent(answers: Any, consent: Any, wanted: bool) -> None:
    intake = draft(answers)
    if consent is not None:
        Consent.objects.create(
            intake=intake,
            purpose="consent.email",
            given=consent,
            at=NOW,
            wording_sha256="",
            language="en",
        )
    assert actions.wants_email(intake) is wanted


# ------------------------------------------------------------------------- letters about signing in
def test_a_sign_in_code_is_due_at_once_and_useless_after_ten_minutes() -> None:
    message = actions.send_account_letter(
        "sign_in_code", to="ana@example.org", values={"code": "H7KQ2M"}, now=NIGHT
    )
    assert (message.not_before, message.expires_at) == (NIGHT, NIGHT + timedelta(minutes=10))
    row = Message.objects.filter(pk=message.pk).values().get()
    assert b"H7KQ2M" not in b"".join(str(value).encode() for value in row.values())
    assert Message.objects.get(pk=message.pk).values == {"code": "H7KQ2M"}


def test_two_codes_are_two_letters() -> None:
    for code in ("H7KQ2M", "P4TT3N"):
        actions.send_account_letter(
            "sign_in_code", to="a@example.org", values={"code": code}, now=NOW
        )
    assert Message.objects.count() == 2


# ------------------------------------------------------------------------------ stopping, holding
def test_a_cancelled_letter_is_never_sent_and_a_sent_one_is_not_cancelled(mailoutbox: Any) -> None:
    intake = draft({})
    stoppable = [
        in_state(status, intake=intake) for status in ("scheduled", "failed", "claimed", "held")
    ]
    leaving = [in_state(status, intake=intake) for status in ("sending", "verify")]
    gone = in_state("sent", intake=intake)
    someone_elses = letter()
    assert actions.cancel(intake=intake, now=NOW) == Cancelled(stopped=4, too_late=2)
    assert now_standing(*stoppable) == ["cancelled"] * 4
    assert now_standing(*leaving, gone, someone_elses) == ["sending", "verify", "sent", "scheduled"]
    assert set(PENDING) == {"scheduled", "failed", "claimed"}
    assert actions.send_due(now=NOW).sent == 1
    assert [mail.to for mail in mailoutbox] == [[someone_elses.recipient]]


def test_only_the_named_letters_are_cancelled() -> None:
    intake = draft({})
    invite = letter(intake=intake, event="booking_invite")
    other = letter(intake=intake)
    assert actions.cancel(intake=intake, now=NOW, events=["booking_invite"]).stopped == 1
    assert now_standing(invite, other) == ["cancelled", "scheduled"]


def test_a_held_letter_waits_until_it_is_released(mailoutbox: Any) -> None:
    staff, message = clinician(), letter(intake=draft({}))
    assert actions.hold(message=message, by=staff, now=NOW)
    assert actions.send_due(now=NOW).sent == 0
    assert actions.release(message=message, by=staff, now=NOW)
    assert not actions.release(message=message, by=staff, now=NOW)
    assert actions.send_due(now=NOW).sent == 1
    assert list(AuditEvent.objects.about(message).values_list("did", flat=True)) == [
        "held a letter",
        "released a letter",
    ]


def test_a_letter_that_has_left_cannot_be_held() -> None:
    message = in_state("sent")
    assert not actions.hold(message=message, by=clinician(), now=NOW)
    assert AuditEvent.objects.about(message).count() == 0
