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


@staff(*CARE_TEAM)
@require_http_methods(["GET", "HEAD", "POST"])
def staff_search(request: HttpRequest) -> HttpResponse:
    """Posted, so that no name or number stands in an address; the record holds counts only."""
    user, now = signed_in(request), timezone.now()
    form = SearchForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"form": form, "now": now}
    if form.is_valid():
        try:
            results = search.find(user, form.cleaned_data["typed"])
        except search.TooShort as refusal:
            form.add_error("typed", str(refusal))
        else:
            codes = [one.intake.code for one in results.rows]
            audit.record(by=user, did="searched", now=now, found=len(codes), rows=codes)
            context["results"] = results
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "consult/dashboard/search.html", context, status=status)
