"""Stopping letters from the mail program, without a sign-in."""

import re
from typing import Any

import pytest
from django.test import Client

from consult.followups import actions as followups
from consult.followups.letters import make
from consult.followups.stop_links import link_of, token_of
from consult.models import AuditEvent, Intake, Message, Suppression
from tests.factories import NOW, draft
from tests.followups.rows import letter, now_standing
from tests.followups.test_letters import HEALTH

pytestmark = pytest.mark.django_db
CARE = {"category": "care", "event": "time_to_decide"}


@pytest.fixture
def message() -> Message:
    return letter(intake=draft({"consent.email": True}), recipient="ana@example.org", **CARE)


@pytest.fixture
def mail_program() -> Client:
    """It has no session and no token against forgery."""
    return Client(enforce_csrf_checks=True)


def path_of(message: Message) -> str:
    return link_of(message).removeprefix("http://127.0.0.1:8000")


def one_click(client: Client, message: Message) -> Any:
    header = make(message).extra_headers["List-Unsubscribe"]
    path = header.strip("<>").removeprefix("http://127.0.0.1:8000")
    return client.post(path, {"List-Unsubscribe": "One-Click"})


def test_one_click_stops_what_can_be_switched_off_at_once_and_nothing_else(message, mail_program):
    service = letter(intake=message.intake, recipient="ana@example.org")
    elsewhere = letter(intake=message.intake, recipient="other@example.org", **CARE)
    assert one_click(mail_program, message).status_code == 200
    assert now_standing(message, service, elsewhere) == ["cancelled", "scheduled", "scheduled"]
    row = Suppression.objects.get()
    assert (row.scope, row.reason, row.ended_at) == ("care", "unsubscribed", None)
    assert bytes(row.recipient_index) == bytes(message.recipient_index)


def test_it_counts_for_letters_that_are_planned_later(message, mail_program):
    one_click(mail_program, message)
    intake = Intake.objects.get(pk=message.intake_id)
    assert followups.schedule("reminder_72h", intake=intake, anchor="a", now=NOW) is None
    row = Message.objects.get(event="reminder_72h")
    assert (row.status, row.last_error) == ("cancelled", "suppressed")
    assert followups.schedule("booking_invite", intake=intake, now=NOW) is not None


def test_a_look_changes_nothing_however_often(message, mail_program):
    for _ in range(5):
        assert mail_program.get(path_of(message)).status_code == 200
        assert mail_program.head(path_of(message)).status_code == 200
        assert mail_program.options(path_of(message)).status_code in {200, 405}
    assert (Suppression.objects.count(), now_standing(message)) == (0, ["scheduled"])


def test_the_page_has_a_button_that_does_the_same_and_sets_no_cookie(message, mail_program):
    page = mail_program.get(path_of(message))
    assert '<form method="post">' in page.content.decode()
    assert (page.cookies, page["Referrer-Policy"]) == ({}, "no-referrer")
    assert "no-store" in page["Cache-Control"]
    done = mail_program.post(path_of(message))
    assert "You get no more letters like this" in done.content.decode()
    assert (done.status_code, now_standing(message)) == (200, ["cancelled"])


def test_the_page_holds_no_word_of_health_and_no_name(message, mail_program):
    for page in (mail_program.get(path_of(message)), mail_program.post(path_of(message))):
        text = re.sub(r"<[^>]+>", " ", page.content.decode()).casefold()
        text = text.replace("patient portal", "")
        assert [one for one in HEALTH if re.search(rf"\b{one}", text)] == []
        assert "ana" not in text.split()


def test_twice_is_as_once(message, mail_program):
    for _ in range(2):
        assert one_click(mail_program, message).status_code == 200
    assert Suppression.objects.count() == 1
    assert AuditEvent.objects.filter(did="stopped an address").count() == 1


def test_an_address_that_we_did_not_make_does_not_exist(message, mail_program):
    token = token_of(message)
    other = letter(intake=message.intake, **CARE)
    swapped = f"{other.pk.hex}.{token.partition('.')[2]}"
    for bad in (token[:-1], f"{token}x", swapped, message.pk.hex, "x", "ü.ü", "a" * 3000):
        assert mail_program.post(f"/letters/stop/{bad}/").status_code == 404, bad
    assert Suppression.objects.count() == 0


def test_the_address_tells_nothing_and_outlives_a_change_of_the_signing_key(message, settings):
    token = token_of(message)
    assert "ana" not in token
    assert message.intake.code not in token
    settings.SECRET_KEY = "another" * 10
    settings.SECRET_KEY_FALLBACKS = []
    assert Client().post(f"/letters/stop/{token}/").status_code == 200


def test_after_the_form_is_erased_it_says_that_nothing_comes(message, mail_program):
    path = path_of(message)
    message.intake.delete()
    assert mail_program.post(path).status_code == 200
    assert Suppression.objects.count() == 0
