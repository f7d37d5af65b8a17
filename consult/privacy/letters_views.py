"""Which letters come, by when, and to which address: the person's own choice."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from consult.access import known
from consult.followups import choices, preferences
from consult.followups.preferences import Changed
from consult.followups.reach import address_of, is_confirmed, wants_email, zone_of
from consult.followups.returning import let_come_again
from consult.intake.notices import mail_comes_back
from consult.models import Intake
from consult.privacy.letters_forms import LettersForm, as_chosen
from consult.privacy.views import with_form

SAVED = "Your choice is saved."


@with_form
@require_http_methods(["GET", "HEAD", "POST"])
def letters(request: HttpRequest, intake: Intake) -> HttpResponse:
    now, zone = timezone.now(), zone_of(intake)
    if request.method == "POST" and "again" in request.POST:
        return come_again(request, intake)
    initial = as_chosen(choices.choice_of(intake), now=now, zone=zone)
    # All ticks taken out is a post too, if an empty one.
    posted = request.POST if request.method == "POST" else None
    form = LettersForm(posted, initial=initial, now=now, zone=zone)
    if posted is not None and form.is_valid():
        by, ends = known(request), form.pause_ends()
        changed = preferences.choose(intake, off=form.off(), paused_until=ends, by=by, now=now)
        # How many were stopped would tell whether a strange address is stopped.
        messages.success(request, told(changed) if is_confirmed(intake) else SAVED)
        return redirect("consult:my_data_letters", intake.code)
    return render(request, "consult/privacy/letters.html", about(request, intake) | {"form": form})


def about(request: HttpRequest, intake: Intake) -> dict[str, Any]:
    person = known(request)
    return {
        "intake": intake,
        "address": address_of(intake),
        "unconfirmed": bool(intake.contact_email) and not is_confirmed(intake),
        "agreed": wants_email(intake),
        "stopped": preferences.stopped_in_mail_program(intake, by=person),
        "comes_back": bool(mail_comes_back([intake], to=person)),
    }


def come_again(request: HttpRequest, intake: Intake) -> HttpResponse:
    person = known(request)
    # Whoever does not have the mailbox may not lift what somebody with it has set.
    stopped = preferences.stopped_in_mail_program(intake, by=person)
    if stopped and person:
        let_come_again(stopped, by=person, now=timezone.now())
        messages.success(request, "Letters that can be switched off come to this address again.")
    return redirect("consult:my_data_letters", intake.code)


def told(changed: Changed) -> str:
    late = " A letter was already on its way to you." if changed.too_late else ""
    stopped = {0: "", 1: " One letter that waited is stopped."}.get(
        changed.stopped, f" {changed.stopped} letters that waited are stopped."
    )
    return f"{SAVED}{stopped}{late}"
