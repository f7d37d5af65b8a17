"""The brief for a consultation: everything that was said, in a fixed order, on one page."""

import sys

import pytest

from consult.dashboard import brief_pdf, brief_views
from consult.dashboard.brief import brief_of
from consult.intake import rechecking
from consult.intake.reopened import pick, save_answers
from consult.intake.texts import mark_text_read
from consult.models import AuditEvent, Intake, UnderstandingAnswer
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.usefixtures("at_now")
MEDS = "s8_medicines_life"
HEADINGS = [
    "Reasons for the visit",
    "Findings of the rules",
    "Changed since the answers before",
    "To ask: not answered, or not sure",
    "Written freely, and not read yet",
    "Not understood in the questions on our pages",
    "What the person wants to ask",
    "Agreements",
    "Appointments",
]
needs_pdf = pytest.mark.skipif(not brief_pdf.weasyprint(), reason="Pango is not installed")


def address(intake: Intake, end: str = "brief/") -> str:
    return f"/staff/intakes/{intake.code}/{end}"


@pytest.fixture
def intake(clinician) -> Intake:
    made = factories.ready(by=clinician)
    made.own_questions.create(words="May I <b>swim</b>?", made_at=NOW)
    factories.appointment(made, clinician=clinician)
    UnderstandingAnswer.objects.create(
        intake=made,
        position=1,
        asked={
            "check": "c",
            "question": "Is it proven?",
            "options": [["yes", "Yes, fully"], ["no", "No"]],
            "right": "no",
            "topic": "expectations",
        },
        asked_at=NOW,
        attempts=[{"at": NOW.isoformat(), "chosen": "yes", "right": False}],
    )
    return Intake.objects.get(pk=made.pk)


def test_everything_stands_on_the_page_in_its_order(clinician_client, intake):
    page = clinician_client.get(address(intake)).text
    places = [page.index(heading) for heading in HEADINGS]
    assert places == sorted(places)
    for words in (
        "Ana Torres",
        "May I &lt;b&gt;swim&lt;/b&gt;?",
        "Is it proven?",
        "(answered: Yes, fully)",
        "Tuesday 24 November 2026, 10:00, Tijuana time: First talk, Sam Rivera, booked",
        "Handed in once.",
    ):
        assert words in page


def test_the_findings_stand_with_their_evidence(clinician_client):
    intake = factories.submitted("P04")
    page = clinician_client.get(address(intake)).text
    finding = intake.latest_assessment().result["findings"][0]
    assert finding["title"] in page
    assert f'<span class="name">{finding["rule"]}</span>' in page
    [found] = [
        reason
        for topic in brief_of(intake).clinical.topics
        for reason in topic.reasons
        if reason.finding.rule == finding["rule"]
    ]
    assert found.because


def test_the_changes_are_those_since_the_answers_before(clinician, intake):
    changed = {"meds.types": ["anticoagulant"]}
    pick(intake, questions=changed, now=NOW)
    save_answers(intake, step=MEDS, answers=changed, cleared=(), seen=None, now=NOW)
    rechecking.hand_in_changes(intake, now=NOW)
    changes = brief_of(Intake.objects.get(pk=intake.pk)).changes
    assert [one.question for one in changes] == ["meds.types"]


def test_what_nobody_has_read_yet_is_named_and_then_not(clinician):
    answers = factories.PERSONAS["P01"]["answers"] | {"concern.details": "It hurts on stairs."}
    made = factories.draft(answers)
    factories.actions.submit(made, signature="Ana Torres", now=NOW)
    intake = Intake.objects.get(pk=made.pk)
    before = list(brief_of(intake).unread)
    mark_text_read(intake, question="concern.details", revision=1, by=clinician, now=NOW)
    gone = set(before) - set(brief_of(intake).unread)
    assert gone == {"Tell us more in your own words. (You can skip this.)"}


def test_a_form_of_which_nothing_is_known_has_a_brief(clinician_client, intake):
    Intake.objects.get(pk=intake.pk).assessments.all().delete()
    assert clinician_client.get(address(intake)).status_code == 200


def test_looking_at_the_brief_is_recorded(clinician, clinician_client, intake):
    clinician_client.get(address(intake))
    event = AuditEvent.objects.about(intake).get(did="viewed intake")
    assert (event.by, event.details) == (clinician, {"part": "brief"})


@pytest.mark.parametrize("end", ["brief/", "brief.pdf"])
def test_the_brief_is_for_clinicians(front_desk_client, clinician_client, intake, end):
    assert front_desk_client.get(address(intake, end)).status_code == 404
    assert clinician_client.get(f"/staff/intakes/ZZZZZZZZZZ/{end}").status_code == 404


# -------------------------------------------------------------------------------------------- PDF
@needs_pdf
def test_the_same_data_give_the_same_bytes(intake):
    first = brief_views.on_paper(intake)
    second = brief_views.on_paper(Intake.objects.get(pk=intake.pk))
    assert first == second
    assert first.startswith(b"%PDF-")
    intake.own_questions.create(words="And ski?", made_at=NOW)
    assert brief_views.on_paper(intake) != first


@needs_pdf
def test_a_usual_brief_fits_one_page(clinician_client, intake):
    response = clinician_client.get(address(intake, "brief.pdf"))
    assert (response["Content-Type"], response["Content-Disposition"]) == (
        "application/pdf",
        f'inline; filename="brief-{intake.code}.pdf"',
    )
    assert "no-store" in response["Cache-Control"]
    library = brief_pdf.weasyprint()
    css = brief_pdf.style_of(library, brief_views.STYLE)
    html = brief_views.html_of(intake)
    assert len(library.HTML(string=html).render(stylesheets=[css]).pages) == 1


@needs_pdf
@pytest.mark.parametrize("url", ["https://example.org/x.png", "file:///etc/passwd", "data:,x"])
def test_a_page_on_paper_fetches_nothing(url):
    with pytest.raises(ValueError, match="disallowed protocol"):
        brief_pdf.refuse(brief_pdf.weasyprint()).fetch(url)
    made = brief_pdf.pdf_of(f'<img src="{url}">Words', stylesheet=brief_views.STYLE, identifier="X")
    assert made.startswith(b"%PDF-")


def test_without_the_library_the_page_says_how_to_print(clinician_client, intake, monkeypatch):
    monkeypatch.setitem(sys.modules, "weasyprint", None)  # as if not installed
    brief_pdf.weasyprint.cache_clear()
    try:
        response = clinician_client.get(address(intake, "brief.pdf"), follow=True)
    finally:
        brief_pdf.weasyprint.cache_clear()
    assert response.redirect_chain == [(address(intake), 302)]
    assert "This server makes no PDF." in response.text
    assert "Open as PDF" not in response.text
