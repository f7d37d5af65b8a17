import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pages")]

ODD = [
    "",
    " ",
    "\x00",
    "clots\x00",
    "a" * 10_000,
    "clots " * 2_000,
    '"',
    '"clots',
    "'; DROP TABLE wagtailcore_page; --",
    "clots AND OR NOT NEAR(",
    "*",
    "title:clots",
    "^clots*",
    "-clots",
    "(((",
    "\\",
    "%",
    "‮stolc",
    "\ud83d".encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
    "coágulos 血栓 🩸",
    "<script>alert(1)</script>",
    "1e400",
]


def titles(client, query):
    response = client.get("/search/", {"q": query})
    assert response.status_code == 200
    return [page.title for page in response.context["found"]]


def test_a_word_finds_the_page_about_it_first(client):
    assert titles(client, "blood clots")[0] == "Blood clots"


def test_a_word_inside_a_block_is_found(client):
    assert titles(client, "heparin") == ["Blood clots"]


def test_editors_notes_are_not_searched(client):
    assert titles(client, "exemption") == []


def test_drafts_are_not_found(client, page_at):
    page_at("/risks/blood-clots/").unpublish()
    assert "Blood clots" not in titles(client, "clots")


@pytest.mark.parametrize("query", ODD, ids=lambda query: ascii(query[:20]))
def test_odd_input_gets_a_calm_page(client, query):
    response = client.get("/search/", {"q": query})
    assert response.status_code == 200
    assert response.cookies == {}
    assert "<script>alert" not in response.content.decode()


@pytest.mark.parametrize("query_string", ["q=%ff%fe", "q=a&q=b", "q[]=a", "page=NaN", "q=%00"])
def test_odd_query_strings_get_a_calm_page(client, query_string):
    assert client.get(f"/search/?{query_string}").status_code == 200


def test_search_only_reads(client):
    assert client.post("/search/", {"q": "clots"}).status_code == 405


def test_no_result_says_what_to_do(client):
    assert "No page has all of these words." in client.get("/search/?q=xyzzy").content.decode()


def test_results_cost_the_same_queries_whether_few_or_many(client):
    def cost(query):
        with CaptureQueriesContext(connection) as seen:
            client.get("/search/", {"q": query})
        return len(seen)

    client.get("/")
    # One query a kind of page that was found, and the fixed rest; none a result.
    assert cost("cells") <= cost("heparin") + 4
