"""The ledger of agreements, and what happens when their words change."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from consult.followups import actions as followups
from consult.intake import actions
from consult.intake.actions import NotAllowed
from consult.intake.consents import NewWords, Signed, asked_again, signed_copy
from consult.intake.signing import NewWordsForm
from consult.models import AuditEvent, Consent, Intake, User
from consult.privacy import actions as privacy
from consult.rules import published
from consult.rules.published import load_questionnaire
from tests.data import copied, publish
from tests.factories import NOW, PERSONAS, clinician, draft, ready, submitted

pytestmark = pytest.mark.django_db

P01 = PERSONAS["P01"]["answers"]
LATER = NOW + timedelta(hours=1)
PAGE = "/consult/agreements/"
EMAIL_WORDS = "You may send me reminders and check-ins by email. (Emails never contain my answers.)"
STORE_WORDS = (
    "I agree that my health answers are stored and that the clinic's care team may use them to "
    "prepare my consultation."
)
NEW_EMAIL = "You may send me reminders, check-ins and news of the clinic by email."
NEW_STORE = (
    "I agree that my health answers are stored and used to prepare my consultation and audits."
)


def rows(intake: Intake) -> list[tuple[Any, ...]]:
    """Everything that the ledger says, oldest first."""
    return [
        (one.at, one.purpose, one.given, one.signature)
        for one in intake.consents.order_by("at", "purpose")
    ]


def fresh(intake: Intake) -> Intake:
    return Intake.objects.get(pk=intake.pk)


# ----------------------------------------------------------------------------- while filling in
def test_each_agreement_is_kept_at_the_moment_at_which_it_is_given_or_taken_back():
    intake = actions.start(language="en", now=NOW)
    said = [
        (0, {"consent.data": True, "person.country": "mexico"}, ()),
        (1, {"consent.email": True}, ()),
        (2, {"person.country": "uk"}, ()),
        (3, {"consent.email": True}, ()),
        (4, {"consent.email": False}, ()),
        (5, {}, ("consent.email",)),
    ]
    for minute, answers, cleared in said:
        at = NOW + timedelta(minutes=minute)
        actions.save_step(intake, step="s1_you", answers=answers, cleared=cleared, now=at)
    assert [((at - NOW).seconds // 60, *rest) for at, *rest in rows(intake)] == [
        (0, "consent.data", True, None),
        (1, "consent.email", True, None),
        (4, "consent.email", False, None),
        (5, "consent.email", False, None),
    ]


def test_a_row_says_which_words_in_which_version_and_language_and_how():
    intake = actions.start(language="en", now=NOW)
    actions.save_step(intake, step="s1_you", answers={"consent.data": True}, now=NOW)
    one = intake.consents.get()
    assert (one.wording_sha256, one.questionnaire, one.language, one.method) == (
        hashlib.sha256(STORE_WORDS.encode()).hexdigest(),
        *("0.1.0", "en", "web form"),
    )


def test_the_newest_word_decides_whether_reminders_are_written():
    intake = submitted()
    assert followups.wants_email(intake)
    privacy.stop_email(intake, by=User.objects.get(), now=LATER)
    assert not followups.wants_email(intake)


def test_sending_adds_a_signed_row_to_what_was_said_before():
    intake = draft(P01 | {"consent.email": True})
    actions.save_step(intake, step="s1_you", answers={"consent.email": False}, now=NOW)
    actions.submit(intake, signature="Ana Torres", now=LATER)
    assert rows(intake) == [
        (NOW, "consent.email", False, None),
        (LATER, "consent.data", True, "Ana Torres"),
        (LATER, "consent.email", False, "Ana Torres"),
        (LATER, "consent.read_risks", True, "Ana Torres"),
    ]


def test_the_name_is_not_readable_in_the_database(django_assert_num_queries):
    intake = submitted()
    for (stored,) in intake.consents.values_list("signature"):
        assert b"Torres" not in bytes(stored)


def test_the_same_name_as_in_the_contact_details_is_not_demanded():
    intake = draft()
    actions.submit(intake, signature="A. Torres-Vega", now=NOW)
    assert {one.signature for one in intake.consents.all()} == {"A. Torres-Vega"}


# ------------------------------------------------------------------------------------ the copy
def test_the_copy_has_the_words_the_answer_the_time_and_the_name():
    assert signed_copy(submitted())[:2] == [
        Signed("consent.data", STORE_WORDS, True, NOW, "Ana Torres", "0.1.0"),
        Signed("consent.email", EMAIL_WORDS, True, NOW, "Ana Torres", "0.1.0"),
    ]


def test_the_copy_shows_what_stands_after_something_was_taken_back():
    intake = submitted()
    privacy.stop_email(intake, by=User.objects.get(), now=LATER)
    copy = {one.purpose: one for one in signed_copy(intake)}
    assert list(copy) == ["consent.data", "consent.email", "consent.read_risks"]
    assert copy["consent.email"] == Signed("consent.email", EMAIL_WORDS, False, LATER, "", "0.1.0")


def test_staff_see_the_copy_and_all_that_was_said_before():
    intake = submitted()
    privacy.stop_email(intake, by=User.objects.get(), now=LATER)
    staff = Client()
    staff.force_login(clinician())
    page = staff.get(reverse("consult:staff_intake", args=[intake.code])).text
    part = page.partition('id="consents"')[2].partition('id="history"')[0]
    assert part.count("signed as “Ana Torres”") == 2 + 3  # as it stands, and in the ledger
    assert part.count("Not agreed") == 2


# ----------------------------------------------------------------------------- new words
@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    with copied(tmp_path / "data") as folder:
        yield folder


@pytest.fixture
def person(data: Path) -> tuple[Intake, Client]:
    """Somebody whose form a clinician has read."""
    intake = ready()
    client = Client()
    client.force_login(intake.owner)
    return intake, client


def said(intake: Intake, **answers: str) -> dict[str, str]:
    posted = {"form": intake.code, "version": load_questionnaire().version}
    return posted | {key.replace("__", "."): one for key, one in answers.items()}


def test_words_that_only_say_it_better_ask_nobody(person, data):
    intake, client = person
    publish(data, "0.2.0", EMAIL_WORDS, NEW_EMAIL, "wording")
    assert asked_again(intake) == []
    assert client.get(PAGE).url == reverse("consult:status")


def test_words_that_mean_something_else_are_asked_about_beside_the_old_ones(person, data):
    intake, client = person
    publish(data, "0.2.0", EMAIL_WORDS, NEW_EMAIL, "material")
    page = client.get(PAGE)
    assert page.status_code == 200
    assert f"<blockquote>{EMAIL_WORDS}</blockquote>" in page.text
    assert f"<blockquote>{NEW_EMAIL}</blockquote>" in page.text
    assert "checked" not in page.text
    assert [one.question.id for one in asked_again(intake)] == ["consent.email"]


def test_what_was_refused_before_is_not_asked_again(person, data):
    intake, _ = person
    privacy.stop_email(intake, by=intake.owner, now=LATER)
    publish(data, "0.2.0", EMAIL_WORDS, NEW_EMAIL, "material")
    assert asked_again(intake) == []


def test_drafts_and_forms_taken_back_are_not_asked_again(person, data):
    intake, client = person
    unsent = draft(email="unsent@example.org")
    privacy.withdraw(intake, by=intake.owner, now=LATER)
    publish(data, "0.2.0", EMAIL_WORDS, NEW_EMAIL, "material")
    assert (asked_again(fresh(intake)), asked_again(unsent)) == ([], [])
    assert client.get(PAGE).url == reverse("consult:status")


def test_a_yes_is_kept_with_the_new_words_and_the_name(person, data):
    intake, client = person
    publish(data, "0.2.0", EMAIL_WORDS, NEW_EMAIL, "material")
    answer = said(intake, consent__email="yes", signature="Ana Torres")
    page = client.post(PAGE, answer, follow=True)
    assert page.redirect_chain == [(reverse("consult:status"), 302)]
    newest = signed_copy(intake)[1]
    assert (newest.wording, newest.given, newest.signature, newest.version) == (
        *(NEW_EMAIL, True, "Ana Torres"),
        "0.2.0",
    )
    assert (intake.consents.count(), asked_again(intake)) == (4, [])
    event = AuditEvent.objects.about(intake).first()
    assert AuditEvent.objects.filter(did="answered changed agreements").count() == 1, event


def test_a_no_to_reminders_stops_them_and_the_form_stays(person, data):
    intake, client = person
    followups.schedule(
        "reminder_72h", intake=intake, anchor="x", at=NOW.replace(year=2027), now=NOW
    )
    publish(data, "0.2.0", EMAIL_WORDS, NEW_EMAIL, "material")
    client.post(PAGE, said(intake, consent__email="no", signature="Ana Torres"))
    assert intake.messages.get(event="reminder_72h").status == "cancelled"
    assert intake.messages.get(event="booking_invite").status != "cancelled"
    assert (fresh(intake).state, followups.wants_email(intake)) == ("ready", False)


def test_a_no_to_storing_leads_to_taking_back_and_changes_nothing_yet(person, data):
    intake, client = person
    publish(data, "0.2.0", STORE_WORDS, NEW_STORE, "material")
    before = rows(intake)
    page = client.post(PAGE, said(intake, consent__data="no"))
    assert page.url == reverse("consult:my_data_withdraw", args=[intake.code])
    assert "Nothing has changed yet" in client.get(page.url).text
    assert (rows(intake), fresh(intake).state) == (before, "ready")
    assert client.get(PAGE).status_code == 200  # it still waits


def test_the_old_agreement_stands_until_there_is_an_answer(person, data):
    intake, _ = person
    publish(data, "0.2.0", EMAIL_WORDS, NEW_EMAIL, "material")
    assert followups.wants_email(intake)
    assert signed_copy(intake)[1].wording == EMAIL_WORDS


def test_a_change_of_meaning_counts_although_later_versions_only_reword_it(person, data):
    intake, client = person
    publish(data, "0.2.0", EMAIL_WORDS, NEW_EMAIL, "material")
    publish(data, "0.3.0", NEW_EMAIL, "Newest words.", "wording", before="0.2.0")
    assert [one.question.text for one in asked_again(intake)] == ["Newest words."]
    client.post(PAGE, said(intake, consent__email="yes", signature="Ana Torres"))
    assert signed_copy(intake)[1].version == "0.3.0"


WRONG = {
    "nothing chosen": ({"signature": "Ana Torres"}, ["consent.email"]),
    "something else chosen": (
        {"consent__email": "maybe", "signature": "Ana Torres"},
        ["consent.email"],
    ),
    "no name": ({"consent__email": "yes"}, ["signature"]),
    "no name under a no": ({"consent__email": "no", "signature": " "}, ["signature"]),
    "one letter": ({"consent__email": "yes", "signature": "A"}, ["signature"]),
    "a NUL byte": ({"consent__email": "yes", "signature": "An\0a"}, ["signature"]),
}


@pytest.mark.parametrize(("posted", "errors"), WRONG.values(), ids=WRONG)
def test_what_is_missing_is_said_at_the_field_and_nothing_is_kept(person, data, posted, errors):
    intake, client = person
    publish(data, "0.2.0", EMAIL_WORDS, NEW_EMAIL, "material")
    page = client.post(PAGE, said(intake, **posted))
    assert (page.status_code, list(page.context["form"].errors)) == (422, errors)
    assert intake.consents.count() == 3
    if posted.get("consent__email") in {"yes", "no"}:
        assert page.text.count("checked") == 1
    if posted.get("signature") == "Ana Torres":
        assert 'value="Ana Torres"' in page.text


def test_words_that_changed_once_more_are_shown_again(person, data):
    intake, client = person
    publish(data, "0.2.0", EMAIL_WORDS, NEW_EMAIL, "material")
    answer = said(intake, consent__email="yes", signature="Ana Torres")
    publish(data, "0.3.0", NEW_EMAIL, "Newest words.", "material", before="0.2.0")
    page = client.post(PAGE, answer)
    assert page.status_code == 409
    assert "<blockquote>Newest words.</blockquote>" in page.text
    with pytest.raises(NotAllowed, match="once more"):
        actions.answer_new_words(
            intake, {"consent.email": True}, version="0.2.0", signature="Ana", now=LATER
        )
    assert intake.consents.count() == 3


def test_of_several_agreements_each_choice_has_its_own_name():
    questions = load_questionnaire().by_id
    given = submitted().consents.order_by("purpose")
    asked = [NewWords(questions[one.purpose], one, "") for one in given]
    assert [field.label for _, field in NewWordsForm(asked).rows()] == [
        f"Do you agree to the new words of agreement {number}?" for number in (1, 2, 3)
    ]
    assert [field.label for _, field in NewWordsForm(asked[:1]).rows()] == [
        "Do you agree to the new words of the agreement?"
    ]


def test_answering_twice_is_one_answer(person, data):
    intake, client = person
    publish(data, "0.2.0", EMAIL_WORDS, NEW_EMAIL, "material")
    answer = said(intake, consent__email="yes", signature="Ana Torres")
    pages = [client.post(PAGE, answer).url for _ in range(2)]
    assert (pages, intake.consents.count()) == ([reverse("consult:status")] * 2, 4)


def test_what_the_form_cannot_be_kept_without_is_not_refused_in_passing(person, data):
    intake, _ = person
    publish(data, "0.2.0", STORE_WORDS, NEW_STORE, "material")
    with pytest.raises(NotAllowed, match="take it back"):
        actions.answer_new_words(
            intake, {"consent.data": False}, version="0.2.0", signature="Ana", now=LATER
        )
    privacy.withdraw(intake, by=intake.owner, now=LATER)
    with pytest.raises(NotAllowed, match="taken this form back"):
        actions.answer_new_words(
            intake, {"consent.data": True}, version="0.2.0", signature="Ana", now=LATER
        )


def test_nobody_answers_for_somebody_elses_form(person, data):
    _, client = person
    other = submitted(email="other@example.org")
    publish(data, "0.2.0", EMAIL_WORDS, NEW_EMAIL, "material")
    answer = said(other, consent__email="no", signature="Ana Torres")
    assert client.post(PAGE, answer).status_code == 404
    assert client.post(PAGE, answer | {"form": ""}).status_code == 404
    assert Client().get(PAGE).url == reverse("consult:sign_in")
    assert Client().post(PAGE, answer).status_code == 409
    assert other.consents.count() == 3


def test_the_browser_that_sent_the_form_signs_in_first(person, data):
    intake = submitted(email="other@example.org")
    publish(data, "0.2.0", EMAIL_WORDS, NEW_EMAIL, "material")
    client = Client()
    session = client.session
    session["sent"] = str(intake.pk)
    session.save()
    answer = client.post(PAGE, said(intake, consent__email="yes", signature="Ana Torres"))
    assert (answer.status_code, ("signature", "Ana Torres") in answer.context["entered"]) == (
        409,
        True,
    )
    assert signed_copy(intake)[1].version == "0.1.0"


def test_the_status_page_says_that_something_waits(person, data):
    _, client = person
    assert PAGE not in client.get(reverse("consult:status")).text
    publish(data, "0.2.0", EMAIL_WORDS, NEW_EMAIL, "material")
    assert PAGE in client.get(reverse("consult:status")).text


def test_rows_are_only_ever_added(person, data):
    intake, client = person
    publish(data, "0.2.0", EMAIL_WORDS, NEW_EMAIL, "material")
    before = {one.pk: (one.given, one.at) for one in Consent.objects.all()}
    client.post(PAGE, said(intake, consent__email="yes", signature="Ana Torres"))
    privacy.stop_email(intake, by=intake.owner, now=LATER)
    privacy.withdraw(intake, by=intake.owner, now=LATER)
    now = {one.pk: (one.given, one.at) for one in Consent.objects.all()}
    assert before.items() <= now.items()


def test_a_version_with_unnamed_new_words_is_refused_at_start(data):
    publish(data, "0.2.0", EMAIL_WORDS, NEW_EMAIL, "material")
    path = data / "intake" / "0.2.0.yaml"
    path.write_text(path.read_text().replace("wording_change: material\n  ", ""))
    with pytest.raises(published.DataError, match="consent.email: says something else than in"):
        published.check_all()
