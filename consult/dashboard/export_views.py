from http import HTTPStatus
from typing import cast
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from consult.access import signed_in, signed_in_recently, staff
from consult.dashboard import export, filters, queries
from consult.dashboard.forms import StaffForm
from consult.models.people import CLINICAL_ROLES


class ExportForm(StaffForm):
    reason = forms.CharField(
        label="Why do you need this table?",
        help_text="For the record. Do not name a patient here.",
        min_length=10,
        max_length=300,
        widget=forms.Textarea({"rows": 3}),
        error_messages={
            "required": "Write why you need the table.",
            "min_length": "Write a few words more: at least 10 characters.",
            "max_length": "Shorten this to %(limit_value)d characters; it has %(show_value)d.",
        },
    )


def sign_in_again(request: HttpRequest) -> str:
    back = urlencode({"next": request.get_full_path()})
    return f"{reverse('account_reauthenticate')}?{back}"


@staff(*CLINICAL_ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
def staff_export(request: HttpRequest) -> HttpResponse:
    """The list of the address, as far as its filters show it, as CSV."""
    user, now = signed_in(request), timezone.now()
    query = QueryDict(request.META.get("QUERY_STRING", ""))
    chosen = filters.read(query, team=filters.care_team(), clinical=user.is_clinical)
    recent = signed_in_recently(request)
    if not recent and request.method != "POST":
        return redirect(sign_in_again(request))
    form = ExportForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and recent:
        keys = export.prepare(user, chosen, reason=form.cleaned_data["reason"], now=now)
        response = StreamingHttpResponse(
            export.lines(keys, now=now), content_type="text/csv; charset=utf-8"
        )
        response["Content-Disposition"] = f'attachment; filename="queue-{now:%Y-%m-%d}.csv"'
        return cast(HttpResponse, response)  # the guards of views know no other
    context = {
        "form": form,
        "filters": chosen,
        "total": queries.count(queries.listed(user, chosen)),
        "sign_in_again": "" if recent else sign_in_again(request),
    }
    shown_again = form.errors or not recent
    status = HTTPStatus.UNPROCESSABLE_ENTITY if shown_again else HTTPStatus.OK
    return render(request, "consult/dashboard/export.html", context, status=status)
