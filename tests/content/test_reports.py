"""The editors' list of pages to mend, and what readers and reading lists see of it."""

import csv
import io
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from consult.models import Role
from content.editing.readability import reading_age
from content.editing.reports import troubles
from content.models import ArticlePage
from content.topics import pages_for, reading_for
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pages")]

REPORT = "/cms/reports/pages-to-mend/"
YESTERDAY = date(2026, 1, 5)


def signed_in(role: Role) -> Client:
    client = Client()
    client.force_login(factories.staff(role))
    return client


def rows(client: Client) -> dict[str, dict[str, str]]:
    response = client.get(REPORT, {"export": "csv"})
    text = b"".join(response.streaming_content).decode()
    return {row["Title"]: row for row in csv.DictReader(io.StringIO(text))}


@pytest.fixture
def overdue(page_at: Any) -> Any:
    page = page_at("/risks/infection/")
    page.next_review_on = YESTERDAY
    page.save()
    return page


def test_the_report_stands_in_the_menu_and_names_what_is_overdue(overdue):
    client = signed_in(Role.EDITOR)
    assert REPORT in client.get("/cms/").content.decode()
    html = client.get(REPORT).content.decode()
    assert "overdue for review since 5 January 2026" in html


def test_overdue_pages_are_asked_for_by_name(overdue):
    model = type(overdue)
    assert list(model.objects.overdue(today=date(2026, 1, 6))) == [overdue]
    assert overdue not in model.objects.in_time(today=date(2026, 1, 6))
    assert list(model.objects.overdue(today=YESTERDAY)) == []


def test_reading_lists_drop_what_is_overdue_and_links_to_it_stay(overdue):
    today = timezone.localdate()
    assert pages_for(["infection", "clots"]).keys() == {"infection", "clots"}
    assert reading_for(["infection", "clots"], today=today).keys() == {"clots"}
    assert reading_for(["infection"], today=YESTERDAY).keys() == {"infection"}
    assert reading_for([], today=today) == {}


def test_readers_are_told_that_a_page_is_overdue(overdue, client):
    assert "due for a new review" in client.get("/risks/infection/").content.decode()


def article(**fields: Any) -> ArticlePage:
    return ArticlePage(**{"title": "Knees", "slug": "knees", "summary": "About knees."} | fields)


REVIEWED = {
    "clinical_reviewer": "Ana Ruiz",
    "last_reviewed_on": date(2026, 1, 1),
    "next_review_on": timezone.localdate() + timedelta(days=30),
}
BARE = '[{"type": "paragraph", "value": {"text": "<p>Knees hurt.</p>", "sources": []}}]'
HARD = (
    "Autologous adipose-derived mesenchymal stromal preparations demonstrate heterogeneous "
    "immunomodulatory characteristics notwithstanding considerable methodological limitations "
    "within contemporary investigational programmes whose comparability consequently remains "
    "fundamentally questionable throughout internationally recognised orthopaedic literature "
    "concerning degenerative osteoarthritis."
)


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ({}, ["no clinical reviewer yet", "no day for the next review"]),
        (REVIEWED, []),
        (REVIEWED | {"body": BARE}, ["no source"]),
        (REVIEWED | {"summary": HARD}, ["hard to read: about age 22"]),
        (REVIEWED | {"to_be_confirmed": "Is it so?"}, ["has statements to be confirmed"]),
        (REVIEWED | {"title": "A miracle"}, ["Title: “miracle” may not stand here"]),
    ],
)
def test_what_is_to_mend_is_said_in_words(page, said):
    found = list(troubles(article(**page)))
    assert len(found) == len(said)
    assert [one[: len(begin)] for one, begin in zip(found, said, strict=True)] == said


def test_easy_and_hard_sentences_have_the_ages_that_the_formula_gives():
    easy = ["We do not know if it will help you."] * 4
    assert reading_age(easy) == 5.0
    # 6 letters a word, 20 words a sentence: 28.26 + 10 - 21.43 = school year 16.8
    assert reading_age([" ".join(["stroma"] * 20)] * 2) == 21.8
    assert reading_age(["Too short to tell."]) is None


def test_a_title_that_a_spreadsheet_would_run_is_exported_as_text(page_at):
    page = page_at("/faq/")
    for title in ('=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "\tx"):
        page.title = title
        page.save()
        assert f"'{title}" in rows(signed_in(Role.EDITOR))


def test_the_report_also_comes_as_a_workbook():
    response = signed_in(Role.EDITOR).get(REPORT, {"export": "xlsx"})
    assert response.status_code == 200
    assert response["Content-Type"].endswith("spreadsheetml.sheet")


@pytest.mark.parametrize("role", [Role.CLINICIAN, Role.FRONT_DESK])
def test_the_care_team_does_not_see_the_report(role):
    assert signed_in(role).get(REPORT).status_code == 302
