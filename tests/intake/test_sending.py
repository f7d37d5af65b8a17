"""Sending the form: what counts, who signed it, and one submission whatever people click."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from consult.intake import actions
from consult.intake.actions import ChangedSince, NotAllowed
from consult.intake.marks import mark_of
from consult.intake.revisions import hand_in
from consult.models import Intake, Message, Revision, StaffTask, User
from consult.privacy import actions as privacy
from consult.rules.published import load_questionnaire
from consult.rules.questionnaire import counting
from tests.factories import (
    CONTACT,
    NOW,
    PERSONAS,
    UserFactory,
    clinician,
    draft,
    send,
    submitted,
)

P01 = PERSONAS["P01"]["answers"]
LATER = NOW.replace(day=18)
CHECK = "/consult/intake/check/"
# Hidden again: the clot that it is about was taken back.
HIDDEN = {"clot.recent": "under_3m"}


@pytest.fixture
def intake(db: None) -> Intake:
    return draft()


def browser_of(intake: Intake) -> Client:
    """The browser that is busy with this draft."""
    client = Client()
    session = client.session
    session["draft"] = str(intake.pk)
    session.save()
    return client


@pytest.fixture
def person(intake: Intake) -> Client:
    return browser_of(intake)


def fresh(intake: Intake) -> Intake:
    return Intake.objects.get(pk=intake.pk)


def counts(intake: Intake) -> dict[str, int]:
    """How often each thing happened that may happen once."""
    return {
        "revisions": intake.revisions.count(),
        "assessments": intake.assessments.count(),
        "letters": Message.objects.filter(intake=intake, event="intake_received").count(),
        "signed": intake.consents.filter(signature__isnull=False).count(),
    }


ONCE = {"revisions": 1, "assessments": 1, "letters": 1, "signed": 3}
NEVER = dict.fromkeys(ONCE, 0)


# --------------------------------------------------------------------------- whose it is then
def signed_in_with(intake: Intake, who: User) -> Client:
    client = browser_of(intake)
    client.force_login(who)
    session = client.session
    session["draft"] = str(intake.pk)
    session.save()
    return client


def test_who_has_signed_in_holds_the_form_that_they_send_under_their_address(intake):
    ana = User.objects.get(email=CONTACT["email"])
    send(signed_in_with(intake, ana))
    assert (fresh(intake).owner, fresh(intake).state) == (ana, "submitted")


def test_a_form_with_another_address_stays_nobodys_until_its_address_is_confirmed(intake):
    send(signed_in_with(intake, UserFactory()))
    assert (fresh(intake).owner, fresh(intake).state) == (None, "submitted")


def test_staff_who_send_a_form_with_their_address_do_not_hold_it(db):
    doctor = clinician(email="doctor@example.org")
    form = draft(email=doctor.email)
    actions.submit(form, by=doctor, now=NOW)
    assert fresh(form).owner is None


def test_a_form_that_is_somebodys_already_stays_theirs(intake):
    other, ana = UserFactory(), User.objects.get(email=CONTACT["email"])
    Intake.objects.filter(pk=intake.pk).update(owner=other)
    actions.submit(intake, by=ana, now=NOW)
    assert fresh(intake).owner == other


def test_who_has_signed_in_and_writes_their_address_holds_the_draft_at_once(intake):
    ana = User.objects.get(email=CONTACT["email"])
    signed_in_with(intake, ana).post("/consult/intake/contact/", CONTACT)
    assert fresh(intake).owner == ana


# --------------------------------------------------------------------------------- what counts
def test_hidden_answers_are_dropped_when_the_form_is_sent(db):
    sent = draft(P01 | HIDDEN)
    assert sent.answers()["clot.recent"] == "under_3m"
    before = sent.sections.get(step="s4_health").version
    actions.submit(sent, now=NOW)
    assert fresh(sent).answers() == counting(load_questionnaire(), P01)
    section = sent.sections.get(step="s4_health")
    assert ("clot.recent" in section.answers, section.version) == (False, before + 1)


def test_a_section_in_which_everything_counts_stays_as_it_is(intake):
    before = list(intake.sections.values_list("step", "version", "saved_at"))
    actions.submit(intake, now=LATER)
    assert list(intake.sections.values_list("step", "version", "saved_at")) == before


def test_what_is_sent_is_the_first_revision(db):
    sent = draft(P01 | HIDDEN)
    actions.submit(sent, now=NOW)
    (first,) = sent.revisions.all()
    assert (first.number, first.reason, first.made_at, first.questionnaire) == (
        *(1, "sent", NOW),
        sent.questionnaire,
    )
    assert first.answers == fresh(sent).answers() == counting(load_questionnaire(), P01)
    assert fresh(sent).revision == 1


def test_every_time_it_is_handed_in_there_is_a_revision_and_an_assessment_more(intake):
    actions.submit(intake, now=NOW)
    section = intake.sections.get(step="s1_you")
    section.answers |= {"safety.now": ["chest_pain"]}
    section.save()
    row = fresh(intake)
    assessment = hand_in(row, Revision.Reason.CHANGED, now=LATER)
    first, second = intake.revisions.all()
    assert (second.number, second.reason, second.made_at) == (2, "changed", LATER)
    assert second.answers == first.answers | {"safety.now": ["chest_pain"]}
    assert list(intake.assessments.order_by("made_at").values_list("rank", flat=True)) == [
        *(intake.assessments.get(made_at=NOW).rank, assessment.rank)
    ]
    assert (fresh(intake).revision, fresh(intake).rank) == (2, assessment.rank)
    assert [task.event for task in intake.tasks.all()] == ["staff_urgent_intake"]


def test_an_open_task_is_not_doubled_and_keeps_its_earlier_time(db):
    sent = submitted("P04")
    due = sent.tasks.get().due_at
    hand_in(sent, Revision.Reason.CHANGED, now=LATER)
    assert [task.due_at for task in sent.tasks.all()] == [due]


def test_a_task_that_was_done_stays_done_and_a_new_one_is_added(db):
    sent, doctor = submitted("P04"), clinician()
    StaffTask.objects.update(done_at=NOW, done_by=doctor)
    hand_in(sent, Revision.Reason.CHANGED, now=LATER)
    hand_in(sent, Revision.Reason.CHANGED, now=LATER)
    tasks = sent.tasks.order_by("made_at").values_list("event", "made_at", "done_at")
    assert list(tasks) == [
        ("staff_urgent_intake", NOW, NOW),
        ("staff_urgent_intake", LATER, None),
    ]


# ----------------------------------------------------------------------------------- the name
def test_the_name_is_kept_with_each_agreement_that_was_asked(person, intake):
    assert send(person, signature="  Ana T. ").url == reverse("consult:status")
    signed = intake.consents.filter(signature__isnull=False).order_by("purpose")
    assert [(one.purpose, one.given, one.signature) for one in signed] == [
        ("consent.data", True, "Ana T."),
        ("consent.email", True, "Ana T."),
        ("consent.read_risks", True, "Ana T."),
    ]


def test_the_page_says_word_by_word_what_is_signed(person):
    page = person.get(CHECK)
    for question in load_questionnaire().questions:
        if question.kind == "agreement":
            assert f"<blockquote>{escape(question.text)}</blockquote>" in page.text
            assert page.text.count(escape(question.text)) == 2  # there, and in its link's name
    assert page.text.count("You agree.") == 3


@pytest.mark.parametrize(
    "name", ["", "   ", "A", "-", "…", "1 2 3", "\u200b\u200b", "A" * 121, "An\0a"]
)
def test_a_missing_or_impossible_name_is_said_at_the_field_and_sends_nothing(person, intake, name):
    page = send(person, signature=name)
    assert (page.status_code, list(page.context["form"].errors)) == (422, ["signature"])
    assert 'href="#id_signature"' in page.text
    assert "<title>Error: " in page.text
    assert (fresh(intake).state, counts(intake)) == ("draft", NEVER)


@pytest.mark.parametrize("name", ["Li", "Ana Torres", "王伟", "O’Brien-Šimić", "أنا", "A" * 120])
def test_people_write_their_names_in_many_ways(person, intake, name):
    assert send(person, signature=name).url == reverse("consult:status")
    assert intake.consents.filter(signature__isnull=False).first().signature == name


def test_a_name_is_kept_where_something_else_is_open(db):
    answers = {key: one for key, one in P01.items() if key != "cancer.history"}
    page = send(browser_of(draft(answers)), signature="Ana Torres")
    assert page.status_code == 422
    assert 'value="Ana Torres"' in page.text


def test_a_name_cannot_break_the_page(person):
    page = send(person, signature='"><script>1')
    assert page.url == reverse("consult:status")
    assert "<script>1" not in person.get(page.url).text


# --------------------------------------------------------------------------------- what is open
def test_everything_that_is_open_is_listed_and_each_link_leads_back(db):
    answers = {
        key: one
        for key, one in P01.items()
        if key not in {"cancer.history", "consent.read_risks", "wellbeing.mood"}
    }
    one = draft(answers)
    one.contact = {}
    one.save()
    person = browser_of(one)
    page = send(person)
    asked = load_questionnaire().by_id
    assert page.status_code == 422
    assert [words for words, _ in page.context["open"]] == [
        "How we reach you",
        *(asked[key].text for key in ("cancer.history", "wellbeing.mood", "consent.read_risks")),
    ]
    for words, address in page.context["open"]:
        there = person.get(address.partition("#")[0])
        assert there.status_code == 200
        assert address.partition("#")[2] in there.text
        assert words.split("?")[0].split("’")[0] in there.text
    saved = person.post(reverse("consult:contact") + "?back", CONTACT)
    assert saved.url == CHECK
    assert counts(one) == NEVER


# ------------------------------------------------------------------------------ what was not seen
def test_answers_that_changed_elsewhere_are_shown_once_more_and_then_sent(person, intake):
    shown = person.get(CHECK).context["mark"]
    actions.save_step(intake, step="s2_concern", answers={"concern.pain": 9}, now=NOW)
    page = person.post(CHECK, {"signature": "Ana Torres", "seen": shown})
    assert page.status_code == 409
    assert "Your answers were changed somewhere else" in page.text
    assert 'value="Ana Torres"' in page.text
    assert counts(intake) == NEVER
    again = person.post(CHECK, {"signature": "Ana Torres", "seen": page.context["mark"]})
    assert (again.url, counts(intake)) == (reverse("consult:status"), ONCE)


def test_an_address_that_changed_elsewhere_is_shown_once_more(person, intake):
    shown = person.get(CHECK).context["mark"]
    actions.save_contact(intake, contact=CONTACT | {"phone": "+52 664 000 0000"}, now=NOW)
    page = person.post(CHECK, {"signature": "Ana Torres", "seen": shown})
    assert page.status_code == 409
    assert "+52 664 000 0000" in page.text


@pytest.mark.parametrize("seen", [{}, {"seen": ""}, {"seen": "x\0"}, {"seen": "9" * 100_000}])
def test_a_page_that_does_not_say_what_it_showed_sends_nothing(person, intake, seen):
    assert person.post(CHECK, {"signature": "Ana Torres"} | seen).status_code == 409
    assert counts(intake) == NEVER


def test_what_the_page_showed_is_compared_under_the_lock(intake):
    shown = mark_of(intake)
    actions.save_step(intake, step="s2_concern", answers={"concern.pain": 9}, now=NOW)
    with pytest.raises(ChangedSince):
        actions.submit(intake, signature="Ana", seen=shown, now=NOW)
    actions.submit(intake, signature="Ana", seen=mark_of(intake), now=NOW)


def test_the_mark_says_nothing_of_the_answers(intake):
    mark = mark_of(intake)
    assert mark == mark_of(fresh(intake))
    assert len(mark) == 16


# ------------------------------------------------------------------------------------ once
def test_sending_from_a_second_tab_is_the_same_page_and_one_submission(person, intake):
    shown = {"signature": "Ana Torres", "seen": person.get(CHECK).context["mark"]}
    pages = [person.post(CHECK, shown).url for _ in range(3)]
    assert (set(pages), counts(intake)) == ({reverse("consult:status")}, ONCE)


def test_a_second_browser_that_still_shows_the_draft_finds_it_sent(intake):
    first, second = browser_of(intake), browser_of(intake)
    shown = {"signature": "Ana Torres", "seen": second.get(CHECK).context["mark"]}
    send(first)
    assert second.post(CHECK, shown).url == reverse("consult:status")
    assert intake.code in second.get(reverse("consult:status")).text
    assert counts(intake) == ONCE


def test_after_taking_it_back_an_old_page_sends_nothing(person, intake):
    shown = {"signature": "Ana Torres", "seen": person.get(CHECK).context["mark"]}
    send(person)
    privacy.withdraw(intake, by=User.objects.get(), now=LATER)
    page = person.post(CHECK, shown, follow=True)
    assert page.redirect_chain == [(reverse("consult:status"), 302)]
    assert "You have taken your form back" in page.text
    assert (fresh(intake).state, counts(intake)) == ("withdrawn", ONCE)


def test_after_erasing_it_an_old_page_sends_nothing_and_keeps_what_was_typed(person, intake):
    shown = {"signature": "Ana Torres", "seen": person.get(CHECK).context["mark"]}
    privacy.erase_draft(intake, by=None, now=NOW)
    page = person.post(CHECK, shown)
    assert (page.status_code, 'value="Ana Torres"' in page.text) == (409, True)
    assert person.get(CHECK).url == reverse("consult:start")
    with pytest.raises(NotAllowed, match="erased"):
        actions.submit(intake, now=NOW)


def at_once(jobs: list[Callable[[], Any]]) -> list[Any]:
    """Run all at the same moment, each on its own connection."""
    ready = threading.Barrier(len(jobs))

    def one(job: Callable[[], Any]) -> Any:
        try:
            ready.wait(30)
            return job()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(one, jobs))


@pytest.mark.django_db(transaction=True)
def test_twenty_clicks_at_once_are_one_submission_one_letter_and_one_assessment():
    intake = draft(PERSONAS["P04"]["answers"])
    tabs = [browser_of(intake) for _ in range(20)]
    shown = {"signature": "Ana Torres", "seen": tabs[0].get(CHECK).context["mark"]}
    pages = at_once([lambda tab=tab: tab.post(CHECK, shown) for tab in tabs])
    assert Counter((one.status_code, one.get("Location")) for one in pages) == {
        (302, reverse("consult:status")): 20
    }
    assert (counts(intake), StaffTask.objects.count()) == (ONCE, 1)
    assert {tab.get(reverse("consult:status")).status_code for tab in tabs} == {200}


@pytest.mark.django_db(transaction=True)
def test_twenty_clicks_of_one_browser_are_one_submission():
    intake = draft()
    browser = browser_of(intake)
    shown = {"signature": "Ana Torres", "seen": browser.get(CHECK).context["mark"]}
    cookie = browser.cookies[settings.SESSION_COOKIE_NAME].value

    def click() -> Any:
        tab = Client()
        tab.cookies[settings.SESSION_COOKIE_NAME] = cookie
        return tab.post(CHECK, shown, follow=True)

    pages = at_once([click] * 20)
    assert {one.status_code for one in pages} == {200}
    assert counts(intake) == ONCE
