"""Filters stand in the address; what is not in clear in a row is found by its mark."""

import pytest
from django.core.management import call_command

from consult.fields import blind_index
from consult.intake import actions
from consult.marks import keep_marks
from consult.models import AuditEvent, Intake, IntakeMark
from consult.rules.published import load_ruleset
from tests import factories
from tests.dashboard.conftest import signed_in_as
from tests.factories import NOW, PERSONAS

pytestmark = pytest.mark.usefixtures("at_now")


def codes(response):
    return [row.intake.code for row in response.context["page"].rows]


def text_of(response):
    return response.content.decode()


def from_country(country, **contact):
    answers = PERSONAS["P01"]["answers"] | {"person.country": country}
    intake = factories.draft(answers, **contact)
    actions.submit(intake, signature=intake.contact["full_name"], now=NOW)
    return Intake.objects.get(pk=intake.pk)


def test_a_form_has_a_mark_for_each_topic_the_country_and_the_language(db):
    intake = factories.submitted("P04")
    findings = factories.assessment_of(intake).result["findings"]
    topics = {topic for one in findings for topic in one["topics"]}
    marks = {bytes(one.mark) for one in intake.marks.all()}
    country = PERSONAS["P04"]["answers"]["person.country"]
    expected = {blind_index("topic", topic) for topic in topics}
    expected |= {blind_index("country", country), blind_index("language", "en")}
    every = {blind_index("topic", one.code) for one in load_ruleset().topics}
    assert expected <= marks
    assert marks & every == expected & every


def test_a_draft_has_no_mark(db):
    assert not factories.draft().marks.exists()


def test_marks_follow_what_has_changed_and_are_made_for_older_forms(db):
    intake = factories.submitted()
    before = {bytes(one.mark) for one in intake.marks.all()}
    intake.contact = intake.contact | {"preferred_language": "es"}
    intake.save()
    keep_marks(intake)
    after = {bytes(one.mark) for one in intake.marks.all()}
    spanish, english = blind_index("language", "es"), blind_index("language", "en")
    assert (before - after, after - before) == ({english}, {spanish})
    IntakeMark.objects.all().delete()
    call_command("remark")
    assert {bytes(one.mark) for one in intake.marks.all()} == after


def test_forms_sent_before_unread_text_was_marked_get_the_mark(db):
    with_text, without = (
        factories.submitted("P01"),
        factories.submitted("P02", email="b@example.org"),
    )
    Intake.objects.filter(pk=with_text.pk).update(has_unread_text=False)
    Intake.objects.filter(pk=without.pk).update(has_unread_text=True)
    call_command("remark")
    marked = dict(Intake.objects.values_list("pk", "has_unread_text"))
    assert marked == {with_text.pk: True, without.pk: False}


def test_each_filter_shows_its_forms_and_counts_what_it_hides(clinician, clinician_client):
    mine = from_country("mexico", preferred_language="es")
    Intake.objects.filter(pk=mine.pk).update(assignee=clinician, has_unread_text=True, rank=3)
    hers = from_country("canada", email="b@example.org")
    colleague = factories.clinician()
    Intake.objects.filter(pk=hers.pk).update(assignee=colleague)
    nobodys = from_country("uk", email="c@example.org")
    Intake.objects.exclude(pk=mine.pk).update(has_unread_text=False)
    shown = {
        "country=canada": [hers],
        "language=es": [mine],
        "assignee=me": [mine],
        "assignee=nobody": [nobodys],
        f"assignee={colleague.pk.hex}": [hers],
        "unread=yes": [mine],
        "level=high": [mine],
        "country=mexico&assignee=me&unread=yes": [mine],
        "country=mexico&assignee=nobody": [],
    }
    for query, forms in shown.items():
        response = clinician_client.get(f"/staff/?{query}")
        assert codes(response) == [one.code for one in forms], query
        count = 3 - len(forms)
        assert f"The filters hide {count} form" in text_of(response), query


def test_a_topic_shows_the_forms_of_which_the_rules_say_so(clinician_client):
    with_clots, without = (
        next(
            key
            for key, one in PERSONAS.items()
            if any(rule.startswith("CL-") for rule in one["expected"]["fired"]) is wanted
        )
        for wanted in (True, False)
    )
    found = factories.submitted(with_clots)
    factories.submitted(without, email="b@example.org")
    assert codes(clinician_client.get("/staff/?topic=clots")) == [found.code]


def test_waiting_for_the_person_is_a_list_of_its_own(clinician_client):
    intake = factories.submitted()
    Intake.objects.filter(pk=intake.pk).update(state="asked")
    assert codes(clinician_client.get("/staff/?show=asked")) == [intake.code]
    assert codes(clinician_client.get("/staff/")) == []


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("level=purple", "Not known here, and left out: Level."),
        ("show=everything", "Not known here, and left out: State."),
        ("topic=%00&country=atlantis", "Not known here, and left out: Topic, Country."),
        ("assignee=0", "Not known here, and left out: Assigned to."),
        ("colour=red", "Not known here, and left out: something that is no filter here."),
    ],
)
def test_a_filter_nobody_knows_is_left_out_with_a_sentence(clinician_client, query, says):
    intake = factories.submitted()
    response = clinician_client.get(f"/staff/?{query}")
    assert says in text_of(response)
    assert codes(response) == [intake.code]


def test_the_front_desk_cannot_filter_by_what_only_clinicians_read(front_desk_client):
    factories.submitted("P04")
    response = front_desk_client.get("/staff/?topic=clots")
    assert "something that is no filter here" in text_of(response)
    assert 'name="topic"' not in text_of(response)


def test_a_person_of_no_care_team_is_no_choice(clinician_client):
    patient = factories.UserFactory(full_name="Not Here")
    response = clinician_client.get(f"/staff/?assignee={patient.pk.hex}")
    assert "left out: Assigned to." in text_of(response)


def test_a_list_too_long_to_count_says_so(clinician_client, monkeypatch):
    monkeypatch.setattr("consult.dashboard.queries.COUNTED", 1)
    for letter in "ab":
        from_country("mexico", email=f"{letter}@example.org")
    page = text_of(clinician_client.get("/staff/?country=canada"))
    assert "The filters hide some forms of this list." in page
    assert '<span class="count">1+</span>' in page


def test_the_record_names_the_filters_and_not_what_they_were_set_to(lead_client):
    lead_client.get("/staff/?topic=clots&country=mexico")
    event = AuditEvent.objects.get(did="viewed the queue")
    assert event.details == {"show": "waiting", "filters": ["country", "topic"], "rows": []}


def test_filters_stay_on_the_next_page_and_in_what_looks_again(clinician_client):
    factories.submitted()
    page = text_of(clinician_client.get("/staff/?country=mexico&show=waiting"))
    assert "/staff/rows/?country=mexico&amp;shown=" in page


def test_patients_have_no_queue(db):
    assert signed_in_as(factories.UserFactory()).get("/staff/rows/").status_code == 404
