"""What the logs say of a request, and what they keep to themselves."""

from typing import Any

import pytest
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from portal.urls import handler404, handler500

pytestmark = pytest.mark.django_db


@login_not_required
def fails(request: HttpRequest, code: str) -> HttpResponse:
    typed = request.GET["typed"]
    raise ValueError(f"could not read {typed}")


@login_not_required
def is_not_there(request: HttpRequest) -> HttpResponse:
    raise Http404("canary")


urlpatterns = [path("fails/<str:code>/", fails), path("nowhere/", is_not_there)]
__all__ = ["handler404", "handler500"]
here = override_settings(ROOT_URLCONF=__name__)


@here
def test_a_failure_is_logged_by_kind_and_place_without_what_was_typed(caplog: Any) -> None:
    response = Client(raise_request_exception=False).get("/fails/secret-code/?typed=canary")
    assert response.status_code == 500
    said = [record.msg for record in caplog.records]
    failed = next(one for one in said if one["event"] == "failed")
    assert (failed["kind"], failed["route"]) == ("ValueError", "fails/<str:code>/")
    assert failed["frames"].startswith("test_logs.py:")
    assert "canary" not in caplog.text + response.text
    assert "secret-code" not in caplog.text + response.text


@here
def test_what_is_not_there_is_no_failure(caplog: Any) -> None:
    assert Client().get("/nowhere/").status_code == 404
    assert caplog.records == []


@here
def test_each_answer_names_its_request_and_no_two_are_the_same() -> None:
    ids = {Client().get("/nowhere/")["X-Request-ID"] for _ in range(3)}
    assert len(ids) == 3
