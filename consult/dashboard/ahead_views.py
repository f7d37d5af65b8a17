"""All letters to one person, and what they would get if a visit were booked."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from consult import audit
from consult.access import signed_in, staff
from consult.dashboard import ahead, mail
from consult.dashboard.views import case_or_404
from consult.followups import reach
from consult.models import Message
from consult.models.people import CARE_TEAM
from consult.rules.clock import place_of


@staff(*CARE_TEAM)
@require_http_methods(["GET", "HEAD", "POST"])
def staff_intake_letters(request: HttpRequest, code: str) -> HttpResponse:
    """What is asked for is posted, so that it stands in no address; nothing is stored or sent."""
    intake, now = case_or_404(request, code), timezone.now()
    audit.record(by=signed_in(request), did="viewed intake", to=intake, now=now, part="letters")
    form = ahead.AheadForm(request.POST if request.method == "POST" else None)
    letters = Message.objects.about(intake).select_related("intake")
    context = {
        "intake": intake,
        "rows": [mail.row_of(message, now=now) for message in letters],
        "form": form,
        "lines": ahead.foreseen(intake, form.cleaned_data, now=now) if form.is_valid() else None,
        "place": place_of(reach.zone_of(intake)),
        "now": now,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "consult/dashboard/intake_letters.html", context, status=status)
