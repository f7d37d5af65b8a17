"""Staff give one visit by video a room of its own."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from consult.access import signed_in, staff
from consult.booking.appointment_views import told
from consult.booking.availability_views import EDITORS
from consult.booking.doors import appointment_or_404
from consult.booking.forms import VideoForm
from consult.booking.refusals import NotBookable
from consult.booking.video import set_own_link


@staff(*EDITORS)
@require_http_methods(["GET", "HEAD", "POST"])
def own_link(request: HttpRequest, code: str) -> HttpResponse:
    """The form is on the page of the appointment; looking leads there."""
    found = appointment_or_404(request, code)
    if request.method != "POST":
        return redirect("consult:appointment", code)
    form = VideoForm(request.POST)
    if not form.is_valid():
        context = told(request, found) | {"video_form": form, "form": form}
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return render(request, "consult/booking/appointment.html", context, status=status)
    link = form.cleaned_data["link"]
    try:
        set_own_link(found, link=link, by=signed_in(request), now=timezone.now())
        messages.success(request, "Saved. The link is on the person’s page only.")
    except NotBookable as refusal:
        messages.error(request, str(refusal))
    return redirect("consult:appointment", code)
