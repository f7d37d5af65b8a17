from http import HTTPStatus
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from consult import audit
from consult.access import signed_in, staff
from consult.dashboard import search
from consult.dashboard.forms import StaffForm
from consult.dashboard.search import find_reference
from consult.models import Role
from consult.models.people import CARE_TEAM


class SearchForm(StaffForm):
    typed = forms.CharField(
        label="Reference, e-mail address, phone number or name",
        help_text="The beginning of a reference or of a surname is enough: three letters.",
        max_length=200,
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
        error_messages={
            "required": search.TOO_SHORT,
            "max_length": "Shorten this to 200 characters.",
        },
    )


class ReferenceForm(StaffForm):
    typed = forms.CharField(
        label="Reference",
        help_text="The first three characters are enough. Names and answers are not searched.",
        max_length=20,
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
        error_messages={
            "required": search.TOO_SHORT_REFERENCE,
            "max_length": "A reference is shorter than this.",
        },
    )


@staff(*CARE_TEAM, Role.ADMINISTRATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def staff_search(request: HttpRequest) -> HttpResponse:
    """Posted, so that no name or number stands in an address; the record holds counts only.
    Administrators find a reference and when it was sent, and no person."""
    user, now = signed_in(request), timezone.now()
    kind = SearchForm if user.is_care_team else ReferenceForm
    form = kind(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"form": form, "now": now, "care_team": user.is_care_team}
    if form.is_valid():
        try:
            typed = form.cleaned_data["typed"]
            results = search.find(user, typed) if user.is_care_team else find_reference(typed)
        except search.TooShort as refusal:
            form.add_error("typed", str(refusal))
        else:
            codes = [one.intake.code for one in results.rows]
            audit.record(by=user, did="searched", now=now, found=len(codes), rows=codes)
            context["results"] = results
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "consult/dashboard/search.html", context, status=status)
