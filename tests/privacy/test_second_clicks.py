"""A click that comes while another one works: its page was made from what was there before."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.storage.cookie import CookieStorage
from django.test import Client, RequestFactory

from consult.intake import addresses
from consult.intake.refusals import NotAllowed
from consult.models import AddressChange, Intake, User
from consult.privacy import reach_views, sign_in_views
from tests.confirming import BROWSER, codes, new_code
from tests.factories import draft
from tests.privacy.conftest import AT
from tests.privacy.test_sign_in_address import by_code

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


def with_draft(form: Intake) -> Client:
    client = Client()
    session = client.session
    session["draft"] = str(form.pk)
    session.save()
    return client


def posted(client: Client, path: str, code: str, person: Any) -> Any:
    request = RequestFactory().post(path, {"code": code})
    request.session, request.user = client.session, person
    request._messages = CookieStorage(request)
    return request


def test_a_code_that_the_first_click_entered_has_confirmed_the_address():
    form = draft({"consent.data": True, "consent.email": True})
    path, browser, before = (
        f"/consult/my-data/forms/{form.code}/reach/code/",
        with_draft(form),
        codes(),
    )
    browser.post(path, {"send": "yes"})
    as_it_was = Intake.objects.get(pk=form.pk)
    browser.post(path, {"code": (code := new_code(before))})
    second = posted(browser, path, code, AnonymousUser())
    assert reach_views.enter(second, as_it_was).url == "/consult/intake/"


def test_a_code_that_the_first_click_entered_has_changed_the_sign_in(sent):
    person, path = sent.owner, "/consult/my-data/sign-in/code/"
    client, before = by_code(person.email), codes()
    client.post("/consult/my-data/sign-in/", {"email": "new@example.org"})
    waited, code = AddressChange.objects.get(), new_code(before)
    client.post(path, {"code": code})
    assert User.objects.get(pk=person.pk).email == "new@example.org"
    assert sign_in_views.enter(posted(client, path, code, person), person, waited).url == (
        "/consult/my-data/"
    )


def test_a_draft_that_is_erased_meanwhile_asks_for_no_code():
    form = draft({"consent.data": True})
    as_it_was = Intake.objects.get(pk=form.pk)
    form.delete()
    with pytest.raises(NotAllowed, match="erased"):
        addresses.ask(as_it_was, email="ana@example.org", browser=BROWSER, by=None, now=AT)
