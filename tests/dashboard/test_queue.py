import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consult.models import AuditEvent, Intake, Note, SavedView
from tests import factories
from tests.dashboard.conftest import signed_in_as
from tests.factories import NOW, still_at_work

pytestmark = pytest.mark.usefixtures("at_now")


def text_of(response):
    return response.content.decode()


def codes(response):
    return [row.intake.code for row in response.context["page"].rows]


def many(count, **fields):
    """Copies of one submitted form, a minute apart, each with its own assessment."""
    first = factories.submitted("P01")
    judged = factories.assessment_of(first).result
    return [first, *(copy_of(first, judged, minutes=n, **fields) for n in range(1, count))]


def copy_of(first, judged, *, minutes, **fields):
    at = NOW + timedelta(minutes=minutes)
    values = {"rank": first.rank, "state": Intake.State.SUBMITTED} | fields
    intake = Intake(
        questionnaire=first.questionnaire, started_at=NOW, saved_at=at, submitted_at=at, **values
    )
    intake.contact = first.contact
    intake.save()
    intake.assessments.create(
        ruleset=judged["ruleset"],
        questionnaire=judged["questionnaire"],
        rank=intake.rank,
        result=judged,
        made_at=at,
    )
    return intake


def test_the_highest_level_comes_first_and_then_the_oldest(clinician_client):
    info_late = factories.submitted("P01", now=NOW - timedelta(hours=1))
    info_early = factories.submitted("P01", now=NOW - timedelta(hours=2))
    urgent = factories.submitted(an_urgent_persona())
    assert codes(clinician_client.get("/staff/")) == [urgent.code, info_early.code, info_late.code]


def an_urgent_persona():
    return next(
        key for key, one in factories.PERSONAS.items() if one["expected"]["level"] == "urgent"
    )


def test_a_row_names_the_level_in_words_and_the_titles_of_its_reasons(clinician_client):
    factories.submitted("P01")
    row = clinician_client.get("/staff/").context["page"].rows[0]
    fired = factories.assessment_of(row.intake).result["findings"]
    assert row.level.label == "For information"
    assert list(row.reasons) == [finding["title"] for finding in fired]


def test_a_row_shows_three_reasons_at_most_and_the_highest_first(clinician_client):
    most = max(factories.PERSONAS.values(), key=lambda one: len(one["expected"]["fired"]))
    intake = factories.submitted(most["id"])
    row = clinician_client.get("/staff/").context["page"].rows[0]
    findings = factories.assessment_of(intake).result["findings"]
    highest = [one["title"] for one in findings if one["level"] == row.level.code]
    assert len(row.reasons) == 3
    assert row.reasons[0] == highest[0]


def test_the_queue_says_which_promise_is_overdue(clinician_client):
    factories.submitted(an_urgent_persona(), now=NOW - timedelta(days=1))
    page = clinician_client.get("/staff/").content.decode()
    assert "Overdue by 23\xa0hours" in page


def test_the_queue_says_when_a_promise_is_due(clinician_client):
    factories.submitted(an_urgent_persona(), now=NOW - timedelta(minutes=20))
    page = clinician_client.get("/staff/").content.decode()
    assert "Due in 40\xa0minutes" in page


def test_the_tabs_count_each_list_and_open_it(clinician_client):
    waiting, held, ready = many(3)
    Intake.objects.filter(pk=held.pk).update(state="on_hold")
    Intake.objects.filter(pk=ready.pk).update(state="ready")
    response = clinician_client.get("/staff/?show=on_hold")
    assert [(name, label, count.number) for name, label, count in response.context["tabs"]] == [
        ("waiting", "Waiting", 1),
        ("asked", "Waiting for the person", 0),
        ("on_hold", "On hold", 1),
        ("ready", "Ready", 1),
        ("not_suitable", "Not suitable", 0),
    ]
    assert codes(response) == [held.code]
    assert codes(clinician_client.get("/staff/?show=ready")) == [ready.code]


def test_drafts_are_in_no_list(clinician_client):
    factories.draft()
    assert codes(clinician_client.get("/staff/")) == []


@pytest.mark.parametrize("code", ["nobody", "%00", "ZZZZZZZZZZ"])
def test_a_place_in_the_list_that_nobody_knows_is_its_beginning(clinician_client, code):
    intake = factories.submitted()
    response = clinician_client.get(f"/staff/?after={code}")
    assert "The place in the list that this address names is not known." in text_of(response)
    assert codes(response) == [intake.code]


@pytest.mark.parametrize("show", ["waiting", "on_hold"])
def test_following_the_next_links_shows_every_row_once_and_in_order(clinician_client, show):
    state = {"waiting": "submitted", "on_hold": "on_hold"}[show]
    rows = many(120, state=state)
    Intake.objects.filter(pk=rows[0].pk).update(state=state)
    if show == "waiting":
        Intake.objects.filter(pk__in=[row.pk for row in rows[30:90]]).update(rank=4)
        rows = rows[30:90] + rows[:30] + rows[90:]
    seen, address = [], f"/staff/?show={show}"
    while address:
        response = clinician_client.get(address)
        seen.append(codes(response))
        last = response.context["page"].last
        address = last and f"/staff/?show={show}&after={last.intake.code}"
    assert [len(page) for page in seen] == [50, 50, 20]
    assert [code for page in seen for code in page] == [row.code for row in rows]


def test_rows_of_the_same_instant_are_not_lost_between_two_pages(clinician_client):
    rows = many(60)
    Intake.objects.update(submitted_at=NOW)
    first = clinician_client.get("/staff/")
    second = clinician_client.get(f"/staff/?after={first.context['page'].last.intake.code}")
    assert sorted(codes(first) + codes(second)) == sorted(row.code for row in rows)


@pytest.mark.parametrize(
    "address",
    [
        "/staff/",
        "/staff/?show=on_hold",
        "/staff/?country=mexico&assignee=nobody&level=moderate&topic=suitability",
        "/staff/rows/",
    ],
)
def test_three_rows_and_three_hundred_cost_the_same_queries(clinician_client, address):
    rows = many(3)
    for row in rows:
        with_note_and_visit(row)
    set_state(rows, address)
    clinician_client.get(address)  # the first page of a process looks up the site once
    few = queries_of(clinician_client, address)
    judged = factories.assessment_of(rows[0]).result
    more = [copy_of(rows[0], judged, minutes=n) for n in range(3, 300)]
    for row in more[:60]:
        with_note_and_visit(row)
    set_state(more, address)
    assert queries_of(clinician_client, address) == few


def with_note_and_visit(intake):
    person = factories.clinician()
    intake.assignee = person
    intake.save()
    Note.objects.create(intake=intake, words="Called.", by=person, at=NOW)
    factories.appointment(intake, clinician=person)


def set_state(rows, address):
    if "on_hold" in address:
        Intake.objects.filter(pk__in=[row.pk for row in rows]).update(state="on_hold")


def queries_of(client, address):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_the_front_desk_sees_whom_to_call_and_no_reason(front_desk_client):
    intake = factories.submitted(an_urgent_persona())
    page = front_desk_client.get("/staff/").content.decode()
    titles = [one["title"] for one in factories.assessment_of(intake).result["findings"]]
    assert "+52 664 123 4567" in page
    assert "Urgent" in page
    assert [title for title in titles if title in page] == []


def test_looking_at_the_queue_is_recorded_with_the_rows_that_were_shown(
    clinician, clinician_client
):
    first, second = many(2)
    clinician_client.get("/staff/")
    event = AuditEvent.objects.get(did="viewed the queue")
    assert event.by == clinician
    rows = [first.code, second.code]
    assert event.details == {"show": "waiting", "filters": [], "rows": rows}


def test_a_row_shows_who_has_it_the_last_note_and_the_next_visit(clinician, clinician_client):
    intake = factories.submitted()
    colleague = factories.clinician(full_name="Rosa Blum")
    for minute, words in enumerate(["First call.", "Called again.\nShe will ring back."]):
        at = NOW + timedelta(minutes=minute)
        Note.objects.create(intake=intake, words=words, by=colleague, at=at)
    intake.assignee = colleague
    intake.save()
    factories.appointment(intake)
    page = text_of(clinician_client.get("/staff/"))
    assert "Rosa Blum has it" in page
    assert "Last note, Rosa Blum:</span> Called again.</p>" in page
    assert "Next visit: Tuesday 24 November 2026, 10:00" in page


def test_the_front_desk_reads_no_note(front_desk_client):
    intake = factories.submitted()
    Note.objects.create(intake=intake, words="Fainted.", by=factories.clinician(), at=NOW)
    assert "Fainted" not in text_of(front_desk_client.get("/staff/"))


# ---------------------------------------------------------------------------- looking again
def shown_by(response):
    return re.search(r"shown=(\w+)", text_of(response))[1]


def test_looking_again_gives_the_rows_alone_and_says_that_it_does(clinician_client):
    intake = factories.submitted()
    response = clinician_client.get("/staff/rows/")
    assert response["X-Queue-Rows"] == "1"
    assert intake.code in text_of(response)
    assert "<html" not in text_of(response)


def test_looking_again_at_the_same_rows_is_recorded_once(clinician_client):
    factories.submitted()
    shown = shown_by(clinician_client.get("/staff/"))
    clinician_client.get(f"/staff/rows/?shown={shown}")
    assert AuditEvent.objects.filter(did="viewed the queue").count() == 1


def test_a_new_row_an_hour_gone_and_another_person_are_recorded_again(clinician_client):
    factories.submitted()
    shown = shown_by(clinician_client.get("/staff/"))
    signed_in_as(factories.clinician()).get(f"/staff/rows/?shown={shown}")
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        still_at_work(clinician_client).get(f"/staff/rows/?shown={shown}")
    still_at_work(clinician_client)
    factories.submitted(email="second@example.org")
    clinician_client.get(f"/staff/rows/?shown={shown}")
    assert AuditEvent.objects.filter(did="viewed the queue").count() == 4


def test_looking_again_leaves_the_session_as_it_is(clinician_client):
    factories.submitted()
    clinician_client.get("/staff/")
    before = list(Session.objects.values())
    with time_machine.travel(NOW + timedelta(minutes=14), tick=False):
        response = clinician_client.get("/staff/rows/")
    assert response.status_code == 200
    assert (list(Session.objects.values()), dict(response.cookies)) == (before, {})


# ------------------------------------------------------------------------------- who has it
def test_a_form_is_taken_given_to_a_colleague_and_given_back(clinician, clinician_client):
    intake, colleague = factories.submitted(), factories.clinician()
    had = []
    for to in ("me", colleague.pk.hex, "nobody"):
        response = clinician_client.post(f"/staff/intakes/{intake.code}/assign/", {"to": to})
        assert response.status_code == 302
        had.append(Intake.objects.get(pk=intake.pk).assignee)
    assert had == [clinician, colleague, None]
    events = AuditEvent.objects.filter(did="assigned a form").order_by("pk")
    assert [one.details for one in events] == [
        {"before": "", "after": clinician.pk.hex},
        {"before": clinician.pk.hex, "after": colleague.pk.hex},
        {"before": colleague.pk.hex, "after": ""},
    ]


def test_taking_what_one_has_already_records_nothing(clinician_client):
    intake = factories.submitted()
    for _ in range(2):
        clinician_client.post(f"/staff/intakes/{intake.code}/assign/", {"to": "me"})
    assert AuditEvent.objects.filter(did="assigned a form").count() == 1


@pytest.mark.parametrize("to", ["", "patient", "not a person", "\0"])
def test_a_form_is_given_to_the_care_team_only(clinician_client, to):
    intake, patient = factories.submitted(), factories.UserFactory()
    to = patient.pk.hex if to == "patient" else to
    response = clinician_client.post(f"/staff/intakes/{intake.code}/assign/", {"to": to})
    assert response.status_code == 422
    assert Intake.objects.get(pk=intake.pk).assignee is None


@pytest.mark.parametrize(
    ("back", "leads_to"),
    [
        ("/staff/?show=on_hold", "/staff/?show=on_hold#open-CODE"),
        ("https://evil.example/staff/", "/staff/intakes/CODE/"),
        ("//evil.example/staff/", "/staff/intakes/CODE/"),
        ("/consult/", "/staff/intakes/CODE/"),
    ],
)
def test_after_assigning_one_is_back_where_one_was(clinician_client, back, leads_to):
    intake = factories.submitted()
    posted = {"to": "me", "back": back}
    response = clinician_client.post(f"/staff/intakes/{intake.code}/assign/", posted)
    assert response["Location"] == leads_to.replace("CODE", intake.code)


# ------------------------------------------------------------------------------------ notes
def test_a_note_is_kept_with_its_writer_and_recorded_without_its_words(clinician, clinician_client):
    intake = factories.submitted()
    address = f"/staff/intakes/{intake.code}/note/"
    response = clinician_client.post(address, {"words": "Called.\r\nNo answer."})
    assert response.status_code == 302
    note = Note.objects.get()
    assert (note.intake, note.by, note.words) == (intake, clinician, "Called.\nNo answer.")
    assert AuditEvent.objects.get(did="wrote a note").details == {}
    assert "No answer." in text_of(clinician_client.get(address))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("", "Write the note."),
        ("a" * 10_001, "Shorten the note to 10,000 characters; it has 10001."),
    ],
)
def test_a_note_that_is_empty_or_too_long_is_not_kept_and_what_was_typed_stays(
    clinician_client, words, says
):
    intake = factories.submitted()
    response = clinician_client.post(f"/staff/intakes/{intake.code}/note/", {"words": words})
    assert response.status_code == 422
    assert says in text_of(response)
    assert words in text_of(response)
    assert not Note.objects.exists()


def test_ten_thousand_characters_with_line_breaks_are_kept(clinician_client):
    intake = factories.submitted()
    words = "a\r\n" * 4999 + "ab"
    response = clinician_client.post(f"/staff/intakes/{intake.code}/note/", {"words": words})
    assert response.status_code == 302


# ------------------------------------------------------------------------------ the next form
def test_next_leads_to_the_form_after_this_one_and_at_the_end_to_the_queue(clinician_client):
    first, second = many(2)
    onward = clinician_client.get(f"/staff/intakes/{first.code}/next/")
    assert onward["Location"] == f"/staff/intakes/{second.code}/"
    assert clinician_client.get(f"/staff/intakes/{second.code}/next/")["Location"] == "/staff/"


# -------------------------------------------------------------------------------- saved views
def test_a_view_is_saved_by_name_replaced_used_and_deleted(clinician, clinician_client):
    save = {"name": "Mexico, mine"}
    clinician_client.post("/staff/views/?country=mexico", save)
    clinician_client.post("/staff/views/?country=mexico&assignee=me&colour=red", save)
    view = SavedView.objects.get()
    assert (view.user, view.query) == (clinician, "assignee=me&country=mexico")
    assert "/staff/?assignee=me&amp;country=mexico" in text_of(clinician_client.get("/staff/"))
    clinician_client.post(f"/staff/views/{view.pk}/delete/")
    assert not SavedView.objects.exists()


def test_views_are_ones_own(clinician, clinician_client):
    view = SavedView.objects.create(user=factories.clinician(), name="Hers", query="", made_at=NOW)
    assert "Hers" not in text_of(clinician_client.get("/staff/"))
    assert clinician_client.post(f"/staff/views/{view.pk}/delete/").status_code == 404
    assert SavedView.objects.exists()


def test_a_view_without_a_name_or_one_too_many_is_not_saved(clinician, clinician_client):
    for number in range(20):
        SavedView.objects.create(user=clinician, name=f"{number}", query="", made_at=NOW)
    for name, says in {"": "Give the view a name.", "More": "You have 20 views."}.items():
        response = clinician_client.post("/staff/views/", {"name": name})
        assert (response.status_code, says in text_of(response)) == (422, True)
    assert SavedView.objects.count() == 20
