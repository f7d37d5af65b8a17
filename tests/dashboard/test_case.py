import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.models import Locale, Page, Site

from consult.intake import revisions
from consult.models import AuditEvent, Intake, Note
from consult.rules.checkins import assess_checkin
from consult.rules.published import load_questionnaire
from content.models import RiskPage
from tests import factories
from tests.factories import NOW, PERSONAS

pytestmark = pytest.mark.usefixtures("at_now")
WITH_TEXT = "P01"  # answered concern.details freely


def page_of(client, intake):
    response = client.get(f"/staff/intakes/{intake.code}/")
    assert response.status_code == 200
    return response


def text_of(client, intake):
    return unescape(page_of(client, intake).content.decode())


@pytest.mark.parametrize("persona", PERSONAS)
def test_every_finding_is_shown_once_with_its_evidence_in_words(clinician_client, persona):
    intake = factories.submitted(persona)
    part = page_of(clinician_client, intake).context["case"].clinical
    shown = [reason for topic in part.topics for reason in topic.reasons]
    assert sorted(one.finding.rule for one in shown) == sorted(
        PERSONAS[persona]["expected"]["fired"]
    )
    assert [len(one.because) for one in shown] == [len(one.finding.evidence) for one in shown]
    asked = load_questionnaire(intake.questionnaire).by_id
    assert part.unknowns == [asked[key].text for key in PERSONAS[persona]["expected"]["unknowns"]]


def test_a_finding_shows_rule_words_evidence_action_and_sources(clinician_client):
    intake = factories.submitted("P01")
    finding = factories.assessment_of(intake).result["findings"][0]
    page = text_of(clinician_client, intake)
    for words in ("rule", "title", "staff", "action", "patient"):
        assert finding[words] in page
    assert "Because they answered" in page
    assert "“A donor: umbilical cord tissue (Wharton's jelly)”" in page


def test_groups_and_findings_come_highest_level_first(clinician_client):
    most = max(PERSONAS.values(), key=lambda one: len(one["expected"]["fired"]))
    part = page_of(clinician_client, factories.submitted(most["id"])).context["case"].clinical
    ranks = [[reason.level.rank for reason in topic.reasons] for topic in part.topics]
    assert ranks == [sorted(group, reverse=True) for group in ranks]
    firsts = [group[0] for group in ranks]
    assert firsts == sorted(firsts, reverse=True)


def test_a_source_that_nobody_checked_is_marked(clinician_client):
    intake = factories.submitted("P01")
    part = page_of(clinician_client, intake).context["case"].clinical
    sources = {
        source.id: source
        for topic in part.topics
        for reason in topic.reasons
        for source in reason.sources
    }
    unsure = [one for one in sources.values() if one.seen == "memory"]
    assert text_of(clinician_client, intake).count("(to be confirmed)") >= len(unsure)


def test_an_alarm_that_the_person_was_shown_heads_the_page(clinician_client):
    urgent = next(key for key, one in PERSONAS.items() if one["expected"]["immediate_messages"])
    intake = factories.submitted(urgent)
    messages = load_questionnaire(intake.questionnaire).messages
    part = page_of(clinician_client, intake).context["case"].clinical
    codes = PERSONAS[urgent]["expected"]["immediate_messages"]
    assert part.alarms == [messages[code].title for code in codes]
    assert "Shown to the person at once" in text_of(clinician_client, intake)


def test_free_text_stands_in_its_own_box(clinician_client):
    intake = factories.submitted(WITH_TEXT)
    part = page_of(clinician_client, intake).context["case"].clinical
    assert [one.answer for one in part.texts] == [PERSONAS[WITH_TEXT]["answers"]["concern.details"]]
    assert "Written by the person – not read by the rules" in text_of(clinician_client, intake)


def test_what_a_person_writes_is_shown_as_text_never_as_markup(clinician_client):
    answers = PERSONAS[WITH_TEXT]["answers"] | {"concern.details": "<script>alert(1)</script>"}
    intake = factories.draft(answers, full_name="<b>Ana</b>")
    factories.actions.submit(intake, now=NOW)
    page = page_of(clinician_client, intake).content.decode()
    assert "<script>alert" not in page
    assert "<b>Ana" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_page_says_that_no_clinician_has_confirmed_the_rules(clinician_client):
    page = text_of(clinician_client, factories.submitted("P01"))
    assert "No clinician has confirmed these rules yet." in page


def test_the_record_holds_agreements_messages_tasks_and_history(clinician_client):
    urgent = next(key for key, one in PERSONAS.items() if one["expected"]["level"] == "urgent")
    page = text_of(clinician_client, factories.submitted(urgent))
    for words in (
        "Agreements",
        "Agreed",
        "We have received your form",
        "Urgent form",
        "submitted a form",
    ):
        assert words in page


def test_the_front_desk_sees_contact_and_record_and_nothing_clinical(front_desk_client):
    intake = factories.submitted(WITH_TEXT)
    response = page_of(front_desk_client, intake)
    page = unescape(response.content.decode())
    assert "+52 664 123 4567" in page
    assert response.context["case"].clinical is None
    answers = PERSONAS[WITH_TEXT]["answers"]
    titles = [one["title"] for one in factories.assessment_of(intake).result["findings"]]
    hidden = [*titles, answers["concern.details"], "Hip", "Your decision", "1974"]
    assert [words for words in hidden if words in page] == []


def test_the_front_desk_does_not_read_why_something_was_decided(front_desk_client, clinician):
    intake = factories.submitted("P01")
    factories.actions.decide(
        intake, by=clinician, kind="hold", reason="Asks a heart doctor", now=NOW
    )
    page = text_of(front_desk_client, intake)
    assert "Keep on hold" in page
    assert "Asks a heart doctor" not in page


@pytest.mark.parametrize("code", ["NOBODY2222", "x", "-", "a b", "%00", "é"])
def test_a_foreign_and_an_unknown_code_give_the_same_page(clinician_client, code):
    foreign = clinician_client.get(f"/staff/intakes/{factories.draft().code}/")
    unknown = clinician_client.get(f"/staff/intakes/{code}/")
    assert (foreign.status_code, unknown.status_code) == (404, 404)
    assert foreign.content == unknown.content


def test_looking_at_a_case_is_recorded(clinician, clinician_client):
    intake = factories.submitted("P01")
    page_of(clinician_client, intake)
    event = AuditEvent.objects.about(intake).get(did="viewed intake")
    assert (event.by, event.at, event.details) == (clinician, NOW, {"part": "everything"})


def test_without_a_record_there_is_no_page(clinician_client):
    intake = factories.submitted("P01")
    clinician_client.raise_request_exception = False
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE consult_auditevent RENAME TO gone")
    case, queue = (
        clinician_client.get(f"/staff/intakes/{intake.code}/"),
        clinician_client.get("/staff/"),
    )
    assert (case.status_code, queue.status_code) == (500, 500)
    assert b"Ana Torres" not in case.content
    assert intake.code.encode() not in queue.content


def test_a_case_with_many_findings_costs_the_queries_of_one_with_few(clinician_client):
    most = max(PERSONAS, key=lambda key: len(PERSONAS[key]["expected"]["fired"]))
    few, most = factories.submitted("P01"), factories.submitted(most)
    page_of(clinician_client, few)
    assert queries_of(clinician_client, most) == queries_of(clinician_client, few)


def test_a_case_with_a_long_history_costs_the_queries_of_a_short_one(clinician, clinician_client):
    short, long = (
        factories.ready(by=clinician),
        factories.ready(by=clinician, email="b@example.org"),
    )
    for intake, many in ((short, 1), (long, 30)):
        with_history(intake, clinician, many)
    page_of(clinician_client, short)
    assert queries_of(clinician_client, long) == queries_of(clinician_client, short)


def with_history(intake, by, many):
    """So many notes, messages both ways, treatments with answered check-ins, revisions, letters,
    visits, questions and tasks that are done."""
    for number in range(1, many + 1):
        at = NOW + timedelta(minutes=number)
        Note.objects.create(intake=intake, words="A note.", by=by, at=at)
        for from_staff in (True, False):
            said = {"from_staff": from_staff, "by": by if from_staff else None, "words": "A word."}
            intake.portal_messages.create(made_at=at, sent_at=at, **said)
        given = intake.treatments.create(
            clinician=by,
            given_on=NOW.date(),
            zone="America/Tijuana",
            given={
                "source": "own_fat",
                "routes": ["joint"],
                "product": "",
                "dose": "",
                "notes": "",
            },
            lot=f"L{number}",
            recorded_by=by,
            recorded_at=at,
        )
        judged = assess_checkin({"context.day": 1}).to_dict()
        answered = {"answers": {"ck.pain": 3}, "result": judged, "answered_at": at}
        given.checkins.create(day=1, due_at=at, plan="0.1.0", **answered)
        given.checkins.create(day=3, due_at=at, plan="0.1.0")
        given.adverse_events.create(
            words="Sore.",
            began_on=NOW.date(),
            grade=1,
            relation="possible",
            outcome="ongoing",
            recorded_by=by,
            recorded_at=at,
            changed_at=at,
        )
        first = intake.revisions.get(number=1)
        later = {"answers": first.answers, "questionnaire": first.questionnaire}
        intake.revisions.create(number=number + 1, reason="changed", made_at=at, **later)
        intake.own_questions.create(words="How long?", made_at=at)
        intake.rechecks.create(answered_at=at, changed=False, revision=number)
        starts_at = NOW + timedelta(days=number, hours=many % 5)
        factories.appointment(intake, clinician=by, starts_at=starts_at)
        task = {"made_at": at, "due_at": at, "done_at": at, "done_by": by}
        intake.tasks.create(event="message_answer", what_was_done="Done.", **task)
    Intake.objects.filter(pk=intake.pk).update(revision=many + 1)


def queries_of(client, intake):
    with CaptureQueriesContext(connection) as captured:
        page_of(client, intake)
    return len(captured)


def test_a_withdrawn_form_offers_no_decision(clinician_client):
    intake = factories.submitted("P01")
    Intake.objects.filter(pk=intake.pk).update(state="withdrawn")
    assert "No decision can be made" in text_of(clinician_client, intake)


def home_page():
    """Made anew where a test that commits has emptied the tables."""
    if site := Site.objects.filter(is_default_site=True).first():
        return site.root_page
    Locale.objects.get_or_create(language_code="en")
    home = Page.add_root(title="Root", slug="root").add_child(title="Home", slug="home")
    Site.objects.create(hostname="localhost", root_page=home, is_default_site=True)
    return home


def test_a_topic_links_to_the_page_that_explains_it(clinician_client):
    intake = factories.submitted("P01")
    topic = factories.assessment_of(intake).result["findings"][0]["topics"][0]
    root = home_page()
    page = RiskPage(title="What we know of this", slug="known", topic=topic, summary="Short.")
    root.add_child(instance=page)
    part = page_of(clinician_client, intake).context["case"].clinical
    link = next(one.page for one in part.topics if one.page)
    assert (link.title, link.topic) == ("What we know of this", topic)
    assert f'<a href="{link.url}">What we know of this</a>' in text_of(clinician_client, intake)


def test_a_draft_is_no_case_not_even_ones_own(clinician, clinician_client):
    draft = factories.draft()
    Intake.objects.filter(pk=draft.pk).update(owner=clinician)
    assert clinician_client.get(f"/staff/intakes/{draft.code}/").status_code == 404


def test_who_answers_for_the_patient_is_shown_to_clinicians_alone(clinician_client, client):
    child = PERSONAS["P01"]["answers"] | {"person.filling_for": "child"}
    intake = factories.draft(child)
    factories.actions.submit(intake, now=NOW)
    assert "Will it hurt?" in text_of(clinician_client, intake)
    client.force_login(factories.staff(factories.Role.FRONT_DESK))
    assert "Will it hurt?" not in text_of(client, intake)


# ------------------------------------------------------------------------------ unread free text
def tick(client, intake, **data):
    posted = {"question": "concern.details", "revision": str(intake.revision)} | data
    return client.post(f"/staff/intakes/{intake.code}/read/", posted)


def test_free_text_waits_until_a_clinician_ticks_it(clinician, clinician_client):
    intake = factories.submitted(WITH_TEXT)
    assert intake.has_unread_text
    assert "Not read yet" in text_of(clinician_client, intake)
    assert [tick(clinician_client, intake).status_code for _ in range(2)] == [302, 302]
    row = intake.texts_read.get()
    assert (row.question, row.revision, row.by, row.at) == ("concern.details", 1, clinician, NOW)
    assert not Intake.objects.get(pk=intake.pk).has_unread_text
    page = text_of(clinician_client, intake)
    assert "Not read yet" not in page
    assert "Read by a clinician." in page


def hand_in(intake, **answers):
    section = intake.sections.get(step=section_of(intake))
    section.answers = section.answers | answers
    section.save()
    row = Intake.objects.get(pk=intake.pk)
    revisions.hand_in(row, "changed", now=NOW)
    return Intake.objects.get(pk=intake.pk)


def section_of(intake):
    return next(one.step for one in intake.sections.all() if "concern.details" in one.answers)


def test_a_text_that_changed_waits_again_and_one_that_stayed_does_not(clinician_client):
    intake = factories.submitted(WITH_TEXT)
    tick(clinician_client, intake)
    intake = hand_in(intake)
    assert (intake.revision, intake.has_unread_text) == (2, False)
    intake = hand_in(intake, **{"concern.details": "It is worse now."})
    assert (intake.revision, intake.has_unread_text) == (3, True)


@pytest.mark.parametrize(
    "typed",
    [{"revision": "0"}, {"revision": "7"}, {"revision": "x" * 9}, {"question": "x"}]
    + [{"question": "person.sex_at_birth"}, {"revision": "9" * 5000}],
)
def test_a_tick_on_an_older_page_or_on_no_text_is_not_taken(clinician_client, typed):
    intake = factories.submitted(WITH_TEXT)
    assert tick(clinician_client, intake, **typed).status_code == 302
    assert intake.texts_read.count() == 0
    assert Intake.objects.get(pk=intake.pk).has_unread_text


def test_a_form_without_free_text_has_nothing_to_read(clinician_client):
    answers = {k: v for k, v in PERSONAS[WITH_TEXT]["answers"].items() if k != "concern.details"}
    intake = factories.draft(answers)
    factories.actions.submit(intake, now=NOW)
    assert not Intake.objects.get(pk=intake.pk).has_unread_text


def test_every_visit_is_listed_with_how_it_stands(clinician_client):
    intake = factories.ready()
    factories.appointment(intake, status="attended", starts_at=NOW - timedelta(days=7))
    factories.appointment(intake, status="cancelled", by_clinic=True, cancelled_at=NOW)
    page = page_of(clinician_client, intake)
    assert [one.status for one in page.context["case"].visits] == ["cancelled", "attended"]
    assert "Attended" in unescape(page.content.decode())


def test_the_contents_lead_to_parts_that_are_there(clinician_client):
    page = text_of(clinician_client, factories.ready())
    contents = page[page.index('class="contents"') : page.index("</nav>", page.index("contents"))]
    targets = re.findall(r'href="#([\w-]+)"', contents)
    assert len(targets) > 8
    assert [one for one in targets if f'id="{one}"' not in page] == []
