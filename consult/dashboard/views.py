"""One form's page. Whatever shows a person's row is recorded before it is shown: if the record
cannot be written, there is no page."""

from http import HTTPStatus

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from consult import audit
from consult.access import signed_in, staff
from consult.dashboard import queries
from consult.dashboard.case import case_of
from consult.dashboard.forms import DecisionForm, SecondForm
from consult.dashboard.glass import opened_for
from consult.intake.deciding import why_not_second
from consult.models import GlassBroken, Intake, Role, User
from consult.models.people import CARE_TEAM


@staff(*CARE_TEAM, Role.ADMINISTRATOR)
@require_safe
def staff_intake(request: HttpRequest, code: str) -> HttpResponse:
    """To an administrator a form exists while they have opened it for a reason."""
    intake = case_or_404(request, code)
    return case_page(request, intake, DecisionForm(intake))


def case_or_404(request: HttpRequest, code: str) -> Intake:
    intake = queries.find_case(signed_in(request), code)
    if intake is None:
        raise Http404
    return intake


def case_page(
    request: HttpRequest,
    intake: Intake,
    form: DecisionForm,
    *,
    second: SecondForm | None = None,
    status: HTTPStatus = HTTPStatus.OK,
    overtaken: str = "",
) -> HttpResponse:
    user, now = signed_in(request), timezone.now()
    glass = opened_for(user, intake, now=now)
    reads = user.is_clinical or glass is not None
    audit.record(by=user, did="viewed intake", to=intake, now=now, part=part_for(user, glass))
    case = case_of(intake, clinical=reads, now=now)
    context = {
        "case": case,
        "intake": intake,
        "clinical": reads,
        "decides": user.is_clinical,
        "care_team": user.is_care_team,
        "me": user,
        "glass": glass,
        "form": form,
        "second": second or SecondForm(),
        "why_not_second": why_not_second(case.waiting, user) if case.waiting else "",
        "overtaken": overtaken,
        "now": now,
    }
    return render(request, "consult/dashboard/case.html", context, status=status)


def part_for(user: User, glass: GlassBroken | None) -> str:
    if glass:
        return "for a reason"
    return "everything" if user.is_clinical else "contact"
