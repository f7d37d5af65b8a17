"""The words of letters belong to whom they were written, and end with their form."""

import json

import pytest

from consult.followups.actions import send_account_letter, send_due
from consult.models import Message
from consult.privacy.actions import erase_draft
from tests import factories
from tests.factories import NOW
from tests.followups.rows import letter
from tests.privacy.conftest import AT, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
SAYS = "Someone from our team reads every form."


def page_and_file(client):
    page = client.get("/consult/my-data/").content.decode()
    return page, json.loads(client.post("/consult/my-data/download/").content)


def test_a_person_reads_what_was_sent_and_takes_it_along(sent, ana):
    send_due(now=NOW)
    page, file = page_and_file(ana)
    assert SAYS in page
    assert "What it said" in page
    [form] = file["forms"]
    letters = {one["letter"]: one["as_sent"] for one in form["letters"]}
    kept = letters["intake_received"]
    assert (kept["subject"], kept["files"]) == ("We have received your form", [])
    assert SAYS in kept["text"]


def test_before_a_letter_left_there_are_no_words(sent, ana):
    page, file = page_and_file(ana)
    assert "What it said" not in page
    assert {one["as_sent"] for one in file["forms"][0]["letters"]} == {None}


def test_what_a_letter_said_to_an_address_that_is_not_confirmed_is_not_told(sent, ana):
    elsewhere = letter(intake=sent, recipient="somebody.else@example.org")
    send_due(now=NOW)
    Message.objects.exclude(pk=elsewhere.pk).delete()
    page, file = page_and_file(ana)
    assert "What it said" not in page
    assert [one["as_sent"] for one in file["forms"][0]["letters"]] == [None]


def test_of_a_letter_with_a_code_there_are_no_words(sent, ana):
    values = {"code": "H7KQ2M"}
    send_account_letter("sign_in_code", to="ana@example.org", values=values, now=AT)
    send_due(now=AT)
    page, file = page_and_file(ana)
    assert [one["as_sent"] for one in file["letters_about_signing_in"]] == [None]
    assert "H7KQ2M" not in page + json.dumps(file)


def test_another_person_reads_none_of_it(sent):
    send_due(now=NOW)
    stranger = signed_in(factories.UserFactory())
    page, file = page_and_file(stranger)
    assert SAYS not in page + json.dumps(file)


def test_more_letters_cost_no_more_queries(sent, ana, django_assert_max_num_queries):
    send_due(now=NOW)
    with django_assert_max_num_queries(60) as few:
        ana.get("/consult/my-data/")
    for _ in range(20):
        letter(intake=sent, recipient="ana@example.org")
    send_due(now=NOW)
    with django_assert_max_num_queries(len(few)):
        ana.get("/consult/my-data/")


def test_with_an_erased_form_its_letters_words_are_gone():
    draft = factories.draft()
    letter(intake=draft)
    assert send_due(now=NOW).sent == 1
    assert Message.objects.get().as_sent
    erase_draft(draft, by=None, now=NOW)
    assert not Message.objects.exists()
