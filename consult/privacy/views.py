"""What is held about a person, for that person: to see, to take along, to take back, to erase."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from consult import audit
from consult.access import known, public, signed_in
from consult.followups.actions import EMAIL_CONSENT, Cancelled, zone_of
from consult.followups.reach import is_confirmed
from consult.intake.actions import NotAllowed
from consult.intake.drafts import DRAFT, draft_of
from consult.models import Intake
from consult.privacy import actions
from consult.privacy.data import effect_on, forms_of, held_about
from consult.privacy.export import export
from consult.withdrawing import standing_agreements

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]
FormView = Callable[[HttpRequest, Intake], HttpResponse]
ERASED = "erased"  # in the session: the form that this browser had erased


def holder(view: View[P]) -> View[P]:
    """For who has signed in, or holds an unsent form; others are asked to sign in with a code."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.is_authenticated and draft_of(request) is None:
            return redirect("consult:sign_in")
        return view(request, *args, **kwargs)

    return public(guarded)


def with_form(view: FormView) -> Callable[[HttpRequest, str], HttpResponse]:
    """Hands the view one of the holder's own forms; every other code does not exist."""

    @wraps(view)
    def found(request: HttpRequest, code: str) -> HttpResponse:
        own = forms_of(known(request), draft_of(request)).filter(code=code)
        intake = own.first() if code.isalnum() else None
        if intake is None:
            raise Http404
        return view(request, intake)

    return holder(found)


@holder
@require_safe
def my_data(request: HttpRequest) -> HttpResponse:
    held = held_about(known(request), draft_of(request), now=timezone.now())
    return render(request, "consult/privacy/my_data.html", {"held": held})


@holder
@require_POST
def download(request: HttpRequest) -> HttpResponse:
    """One file with everything. That it was made is recorded, and so it is no GET."""
    person, draft, now = known(request), draft_of(request), timezone.now()
    held = held_about(person, draft, now=now)
    codes = [one.intake.code for one in held.forms]
    audit.record(by=person, did="downloaded their data", to=person or draft, now=now, codes=codes)
    response = JsonResponse(
        export(held, now=now), json_dumps_params={"indent": 2, "ensure_ascii": False}
    )
    response["Content-Disposition"] = 'attachment; filename="my-data.json"'
    response["Cache-Control"] = "no-store, private"
    return response


@with_form
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, intake: Intake) -> HttpResponse:
    if intake.is_draft:
        return redirect("consult:my_data_erase", intake.code)
    if request.method == "POST":
        stopped = actions.withdraw(intake, by=signed_in(request), now=timezone.now())
        return told(request, intake, stopped, "You have taken this form back.")
    if intake.state == Intake.State.WITHDRAWN:
        return told(request, intake, None, "")
    return effect_page(request, intake, "withdraw")


@with_form
@require_http_methods(["GET", "HEAD", "POST"])
def reminders(request: HttpRequest, intake: Intake) -> HttpResponse:
    if intake.is_draft:
        messages.info(request, "This form is not sent yet. You can change the answer in the form.")
        return redirect("consult:tasks")
    if request.method == "POST":
        stopped = actions.stop_email(intake, by=signed_in(request), now=timezone.now())
        return told(request, intake, stopped, "You get no more reminders and check-ins by e-mail.")
    if not any(one.purpose == EMAIL_CONSENT for one in standing_agreements(intake)):
        return told(request, intake, None, "")
    return effect_page(request, intake, "reminders")


def told(
    request: HttpRequest, intake: Intake, stopped: Cancelled | None, done: str
) -> HttpResponse:
    """What has happened, on the page with everything; a second click finds the work done. What
    leaves for an address that is not confirmed as theirs is not told."""
    if stopped is None:
        messages.info(request, "This had been taken back before. Nothing more was to do.")
    else:
        is_late = stopped.too_late and is_confirmed(intake)
        late = " A letter was already on its way to you." if is_late else ""
        messages.success(request, done + late)
    return redirect("consult:my_data")


def effect_page(request: HttpRequest, intake: Intake, name: str) -> HttpResponse:
    context = {
        "intake": intake,
        "effect": effect_on(intake, now=timezone.now()),
        "zone": zone_of(intake),
    }
    return render(request, f"consult/privacy/{name}.html", context)


@public
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest, code: str) -> HttpResponse:
    if request.session.get(ERASED) == code:  # a second click, or an older tab
        messages.info(request, "This form is erased.")
        return redirect("consult:start")
    return erase_one(request, code)


@with_form
def erase_one(request: HttpRequest, intake: Intake) -> HttpResponse:
    if request.method != "POST":
        return erase_page(request, intake)
    # An older tab may have asked to erase a draft that is a sent form by now.
    meant_draft = request.POST.get("meant") == "draft"
    try:
        if meant_draft:
            return erased(request, intake)
        actions.ask_to_erase(intake, by=signed_in(request), now=timezone.now())
    except NotAllowed as refusal:
        messages.warning(request, str(refusal))
        return redirect("consult:my_data_erase", intake.code)
    messages.success(request, "We have your wish to erase this form. A person will answer it.")
    return redirect("consult:my_data")


def erased(request: HttpRequest, intake: Intake) -> HttpResponse:
    actions.erase_draft(intake, by=known(request), now=timezone.now())
    if request.session.get(DRAFT) == str(intake.pk):
        del request.session[DRAFT]
    request.session[ERASED] = intake.code
    messages.success(request, "Your unsent form is erased: the answers, and how to reach you.")
    return redirect("consult:start")


def erase_page(request: HttpRequest, intake: Intake) -> HttpResponse:
    asked = intake.tasks.filter(event=actions.ERASURE).first()
    context = {"intake": intake, "asked": asked, "zone": zone_of(intake)}
    return render(request, "consult/privacy/erase.html", context)
