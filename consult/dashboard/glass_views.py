"""Who opened whose answers for a reason, and the way to do it."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from consult import audit
from consult.access import signed_in, staff
from consult.dashboard.forms import GlassForm
from consult.dashboard.glass import MAY_BREAK, break_glass
from consult.dashboard.listing import beyond, cut, row_at
from consult.intake.actions import NotAllowed
from consult.models import GlassBroken, Role

ROWS = 50


@staff(Role.LEAD_CLINICIAN, *MAY_BREAK)
@require_safe
def staff_glass(request: HttpRequest) -> HttpResponse:
    """Lead clinicians see all of them, others their own."""
    user, now = signed_in(request), timezone.now()
    is_lead = user.has_role(Role.LEAD_CLINICIAN)
    rows = GlassBroken.objects.select_related("intake", "by").order_by("-at", "-pk")
    rows = rows if is_lead else rows.filter(by=user)
    after = row_at(rows, request.GET.get("after", ""))
    page = cut(list(beyond(rows, after, "-at")[: ROWS + 1]))
    codes = [one.intake.code for one in page.rows]
    audit.record(by=user, did="viewed opened answers", now=now, rows=codes)
    context = {
        "page": page,
        "is_lead": is_lead,
        "may_break": user.has_role(*MAY_BREAK) and not user.is_clinical,
        "first": after is None,
        "now": now,
    }
    return render(request, "consult/dashboard/glass.html", context)


@staff(*MAY_BREAK)
@require_http_methods(["GET", "HEAD", "POST"])
def staff_glass_open(request: HttpRequest) -> HttpResponse:
    posted = request.POST if request.method == "POST" else None
    form = GlassForm(posted, initial={"reference": request.GET.get("form", "")[:20]})
    if not form.is_valid() or form.intake is None:
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
        return render(request, "consult/dashboard/glass_open.html", {"form": form}, status=status)
    try:
        reason = form.cleaned_data["reason"]
        break_glass(form.intake, by=signed_in(request), reason=reason, now=timezone.now())
    except NotAllowed as refusal:
        form.add_error(None, str(refusal))
        return render(
            request, "consult/dashboard/glass_open.html", {"form": form}, status=HTTPStatus.CONFLICT
        )
    messages.success(request, "The answers are open to you for one hour. A lead clinician is told.")
    return redirect("consult:staff_intake", form.intake.code)
