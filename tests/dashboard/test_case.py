from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.models import Site

from consult.models import AuditEvent, Intake
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


def queries_of(client, intake):
    with CaptureQueriesContext(connection) as captured:
        page_of(client, intake)
    return len(captured)


def test_a_withdrawn_form_offers_no_decision(clinician_client):
    intake = factories.submitted("P01")
    Intake.objects.filter(pk=intake.pk).update(state="withdrawn")
    assert "No decision can be made" in text_of(clinician_client, intake)


def test_a_topic_links_to_the_page_that_explains_it(clinician_client):
    intake = factories.submitted("P01")
    topic = factories.assessment_of(intake).result["findings"][0]["topics"][0]
    root = Site.objects.get(is_default_site=True).root_page
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
