"""How a person is reached after their form was sent: address, phone, clock."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from consult.intake.forms import ReachForm
from consult.intake.people import change_contact
from consult.intake.people_views import seen_version, shown
from consult.intake.refusals import ChangedElsewhere, NotAllowed
from consult.models import Intake
from consult.privacy.views import person_of, with_form

CHANGED = "These details were changed somewhere else meanwhile. Please look at them again."


@with_form
@require_http_methods(["GET", "HEAD", "POST"])
def reach(request: HttpRequest, intake: Intake) -> HttpResponse:
    if intake.is_draft:
        return redirect("consult:contact")
    form = ReachForm(request.POST or None, initial=intake.contact)
    if request.method == "POST" and form.is_valid():
        return save(request, intake, form)
    context = {"form": form, "intake": intake, "version": shown(request, intake.contact)}
    return render(request, "consult/privacy/reach.html", context)


def save(request: HttpRequest, intake: Intake, form: ReachForm) -> HttpResponse:
    by, seen, now = person_of(request), seen_version(request), timezone.now()
    try:
        change_contact(intake, contact=form.contact(), seen=seen, by=by, now=now)
    except ChangedElsewhere:
        messages.warning(request, CHANGED)
        return redirect("consult:my_data_reach", intake.code)
    except NotAllowed as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, "Saved. Letters that wait go to this address, by your clock.")
    return redirect("consult:my_data")
