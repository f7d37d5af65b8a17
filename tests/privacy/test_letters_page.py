"""The pages on which a person chooses which letters come, and to where."""

from typing import Any

import pytest
from django.test import Client

from consult.followups import suppression
from consult.models import Intake, LetterChoice, Message, Suppression
from tests.confirming import move_letters
from tests.factories import at, draft
from tests.privacy.conftest import signed_in

pytestmark = pytest.mark.django_db
ALL = ["form", "appointments", "afterwards"]


@pytest.fixture(autouse=True)
def _now(at_now: None) -> None:
    pass


def letters(form: Intake) -> str:
    return f"/consult/my-data/forms/{form.code}/letters/"


def reach(form: Intake) -> str:
    return f"/consult/my-data/forms/{form.code}/reach/"


def day(text: str) -> dict[str, str]:
    year, month, number = text.split("-")
    return {
        "paused_until.day": number,
        "paused_until.month": month,
        "paused_until.year": year,
    }


def test_a_choice_is_kept_and_shown_again(ana, sent):
    answer = ana.post(letters(sent), {"wanted": ["form"], **day("2026-12-24")}, follow=True)
    row = LetterChoice.objects.get(intake=sent)
    assert row.choice == {"off": ["afterwards", "appointments"]}
    assert row.paused_until == at("2026-12-24T00:00")
    text = answer.content.decode()
    assert "Your choice is saved." in text
    assert answer.context["form"].initial["wanted"] == ["form"]


@pytest.mark.parametrize(
    ("until", "said"),
    [
        ("2026-11-17", "Please give a day that is still to come."),
        ("2027-06-01", "until Wednesday 19 May 2027 at most"),
        ("2027-02-30", "We cannot read this as a day."),
        ("99999999-1-1", "We cannot read this as a day."),
    ],
)
def test_a_pause_that_cannot_be_is_answered_at_the_field(ana, sent, until, said):
    answer = ana.post(letters(sent), {"wanted": ALL, **day(until)})
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert not LetterChoice.objects.exists()


@pytest.mark.parametrize("wanted", ["nothing-we-know", "\x00", "\ud800"])
def test_a_group_that_does_not_exist_is_refused_in_words(ana, sent, wanted):
    answer = ana.post(letters(sent), {"wanted": [wanted.encode("utf-8", "replace").decode()]})
    assert "Please choose from the list." in answer.content.decode()


def test_the_page_says_what_always_comes_and_to_which_address(ana, sent):
    text = ana.get(letters(sent)).content.decode()
    assert "We write to <strong>ana@example.org</strong>." in text
    assert reach(sent) in text
    assert "A pause does not stop reminders of appointments" in text


def test_who_has_not_agreed_to_e_mail_is_told_so_and_has_nothing_to_tick(ana, sent):
    sent.consents.filter(purpose="consent.email").update(given=False)
    answer = ana.get(letters(sent))
    assert "You have not agreed to reminders" in answer.content.decode()
    assert "Save my choice" not in answer.content.decode()


def test_a_visitor_with_a_draft_may_choose_too():
    client, form = Client(), draft({"consent.email": True})
    session = client.session
    session["draft"] = str(form.pk)
    session.save()
    assert client.post(letters(form), {"wanted": []}).status_code == 302
    assert LetterChoice.objects.get(intake=form).choice == {"off": sorted(ALL)}
    assert not Message.objects.filter(intake=form, status="scheduled", category="care").exists()


def test_what_was_stopped_in_the_mail_program_its_person_may_let_come_again(ana, sent):
    stop(sent)
    assert (
        "You have stopped these letters in your mail program"
        in ana.get(letters(sent)).content.decode()
    )
    ana.post(letters(sent), {"again": "yes"})
    assert not Suppression.objects.standing().exists()
    assert Suppression.objects.get().ended_by == sent.owner


def stop(form: Intake, **more: Any) -> None:
    why = {"scope": "care", "reason": "unsubscribed", "by": None} | more
    suppression.stop(form.contact_index, now=form.saved_at, **why)


def test_nobody_lifts_here_what_bounces_or_a_complaint_have_set(ana, sent):
    stop(sent, scope="all", reason="complained")
    ana.post(letters(sent), {"again": "yes"})
    assert Suppression.objects.standing().count() == 1


# ----------------------------------------------------------------------------------------- reach
REACH = {"email": "new@example.org", "phone": "+52 664 123 4567", "time_zone": "Europe/Berlin"}


def test_letters_that_wait_follow_to_the_new_address_once_it_is_confirmed(ana, sent):
    invite = Message.objects.get(event="booking_invite")
    answer = move_letters(ana, sent, "new@example.org", time_zone="Europe/Berlin")
    assert "The address is confirmed." in answer.content.decode()
    sent.refresh_from_db()
    assert sent.contact["full_name"] == "Ana Torres"
    assert (sent.contact_email, sent.owner.email) == ("new@example.org", "ana@example.org")
    invite.refresh_from_db()
    assert (invite.recipient, invite.zone) == ("new@example.org", "Europe/Berlin")


def test_a_bad_address_keeps_what_was_typed(ana, sent):
    answer = ana.post(reach(sent), REACH | {"email": "no address"})
    assert "Please write an e-mail address like" in answer.content.decode()
    assert 'value="no address"' in answer.content.decode()


def test_a_page_that_is_out_of_date_writes_over_nothing(ana, sent):
    old, same = ana.get(reach(sent)).context["version"], {"email": "ana@example.org"}
    ana.post(reach(sent), REACH | same | {"phone": "+52 664 000 0001"})
    answer = ana.post(
        reach(sent), REACH | same | {"phone": "+52 664 000 0002", "version": old}, follow=True
    )
    assert "changed somewhere else meanwhile" in answer.content.decode()
    sent.refresh_from_db()
    assert sent.contact["phone"] == "+52 664 000 0001"


def test_a_form_taken_back_and_a_draft_are_not_changed_here(ana, sent, stranger):
    Intake.objects.filter(pk=sent.pk).update(state="withdrawn")
    answer = ana.post(reach(sent), REACH, follow=True)
    assert "cannot be changed here any more" in answer.content.decode()
    assert stranger.get(reach(sent)).status_code == 404
    unsent = draft({})
    unsent.owner = sent.owner
    unsent.save()
    assert signed_in(sent.owner).get(reach(unsent))["Location"] == "/consult/intake/contact/"
