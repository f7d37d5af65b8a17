"""Writing what a talk came to, for the person who was there."""

from datetime import datetime
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods, require_safe

from consult import audit
from consult.access import signed_in, staff
from consult.booking.doors import code_or_404
from consult.dashboard.forms import StaffForm, Words
from consult.dashboard.views import case_or_404
from consult.followups import summaries
from consult.models import Appointment, VisitSummary
from consult.models.people import CLINICAL_ROLES
from consult.rules import clock

LONGEST = 8000


class SummaryForm(StaffForm):
    words = Words(
        rows=14,
        label="What you talked about",
        help_text="The person reads it on their page, after signing in. Plain words: what they "
        "asked for, what is known and what is not, what can go wrong, what else there is, what "
        "comes next. No promise, and nothing for sale.",
        error_messages={
            "required": "Write the summary.",
            "max_length": "Shorten the summary to %(limit_value)d characters; it has "
            "%(show_value)d.",
        },
        longest=LONGEST,
    )
    # When the summary that the page showed was last changed; empty if there was none.
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def seen_at(self) -> datetime | None:
        try:
            at = parse_datetime(self.cleaned_data["seen"])
        except (ValueError, OverflowError):
            return None
        return at if at and timezone.is_aware(at) else None


@staff(*CLINICAL_ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
def staff_summary(request: HttpRequest, code: str) -> HttpResponse:
    user, visit = signed_in(request), visit_or_404(request, code)
    if request.method != "POST":
        return summary_page(request, visit, blank(visit))
    form = SummaryForm(request.POST)
    if not form.is_valid():
        return summary_page(request, visit, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    words, seen = form.cleaned_data["words"], form.seen_at()
    try:
        summaries.write(visit, words=words, seen=seen, by=user, now=timezone.now())
    except summaries.CannotWrite as refusal:
        told, status = str(refusal), HTTPStatus.CONFLICT
        return summary_page(request, visit, blank(visit, words), refused=told, status=status)
    messages.success(request, "The summary is kept. The person reads it on their page.")
    return redirect("consult:staff_intake", visit.intake.code)


@staff(*CLINICAL_ROLES)
@require_safe
def of_form(request: HttpRequest, code: str) -> HttpResponse:
    """To the earliest talk that the task of a form is about, else to the form’s page."""
    intake = case_or_404(request, code)
    waiting = summaries.asked_for(intake)
    if not waiting:
        return redirect("consult:staff_intake", intake.code)
    return redirect("consult:staff_summary", waiting[0].code)


def visit_or_404(request: HttpRequest, code: str) -> Appointment:
    """A talk that took place: of others there is nothing to write."""
    rows = Appointment.objects.for_actor(signed_in(request)).filter(code=code_or_404(code))
    found = rows.select_related("intake", "visit_type", "clinician").first()
    if found is None or not summaries.has_one(found):
        raise Http404
    return found


def blank(visit: Appointment, words: str | None = None) -> SummaryForm:
    """The form as it stands now; with the words that were typed, where there are some."""
    there = summaries.written(visit)
    initial: dict[str, Any] = {"words": there.words, "seen": mark(there)} if there else {}
    return SummaryForm(initial=initial | ({"words": words} if words is not None else {}))


def mark(there: VisitSummary) -> str:
    return there.changed_at.isoformat()


def summary_page(
    request: HttpRequest,
    visit: Appointment,
    form: SummaryForm,
    *,
    refused: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    user, now = signed_in(request), timezone.now()
    audit.record(by=user, did="viewed intake", to=visit.intake, now=now, part="summary")
    context = {
        "visit": visit,
        "intake": visit.intake,
        "when": clock.in_words(visit.starts_at, ZoneInfo(settings.TIME_ZONE)),
        "form": form,
        "there": summaries.written(visit),
        "why_not": summaries.why_not(visit, user),
        "refused": refused,
        "now": now,
    }
    return render(request, "consult/dashboard/summary.html", context, status=status)
