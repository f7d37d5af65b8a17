"""The brief for a consultation: to read, to print, and as PDF."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_safe

from consult import audit
from consult.access import signed_in, staff
from consult.dashboard import brief_pdf
from consult.dashboard.brief import brief_of
from consult.dashboard.views import case_or_404
from consult.models import Intake
from consult.models.people import CLINICAL_ROLES

STYLE = "css/brief.css"


@staff(*CLINICAL_ROLES)
@require_safe
def staff_brief(request: HttpRequest, code: str) -> HttpResponse:
    intake = case_or_404(request, code)
    looked(request, intake)
    context = {"intake": intake, "brief": brief_of(intake), "has_pdf": brief_pdf.weasyprint()}
    return render(request, "consult/dashboard/brief.html", context)


@staff(*CLINICAL_ROLES)
@require_safe
def staff_brief_pdf(request: HttpRequest, code: str) -> HttpResponse:
    intake = case_or_404(request, code)
    looked(request, intake)
    made = on_paper(intake)
    if made is None:
        messages.warning(request, "This server makes no PDF. Print this page with your browser.")
        return redirect("consult:staff_brief", code)
    response = HttpResponse(made, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="brief-{intake.code}.pdf"'
    return response


def on_paper(intake: Intake) -> bytes | None:
    return brief_pdf.pdf_of(html_of(intake), stylesheet=STYLE, identifier=intake.code)


def html_of(intake: Intake) -> str:
    context = {"intake": intake, "brief": brief_of(intake)}
    return render_to_string("consult/dashboard/brief_paper.html", context)


def looked(request: HttpRequest, intake: Intake) -> None:
    user, now = signed_in(request), timezone.now()
    audit.record(by=user, did="viewed intake", to=intake, now=now, part="brief")
