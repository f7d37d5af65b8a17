"""How a person is reached: by which address, once it is confirmed, by which phone and clock."""

from http import HTTPStatus

from allauth.core import ratelimit
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from consult.access import known
from consult.fields import blind_index
from consult.followups.codes import Entered, browser_of
from consult.followups.reach import is_confirmed
from consult.intake import addresses
from consult.intake.forms import ReachForm
from consult.intake.people import change_contact
from consult.intake.people_views import seen_version, shown
from consult.intake.refusals import ChangedElsewhere, NotAllowed
from consult.models import AddressChange, Intake, User
from consult.privacy.code_forms import CodeForm
from consult.privacy.views import with_form

CHANGED = "These details were changed somewhere else meanwhile. Please look at them again."
TOO_MANY = "We have just sent several codes to this address. Please wait a minute, then try again."
SEND, CANCEL = "send", "cancel"  # what a button of the page may be called


@with_form
@require_http_methods(["GET", "HEAD", "POST"])
def reach(request: HttpRequest, intake: Intake) -> HttpResponse:
    if intake.is_draft:
        return redirect("consult:contact")
    form = ReachForm(request.POST or None, initial=intake.contact)
    if request.method == "POST" and form.is_valid():
        return save(request, intake, form)
    return reach_page(request, intake, form)


def reach_page(request: HttpRequest, intake: Intake, form: ReachForm) -> HttpResponse:
    context = {
        "form": form,
        "intake": intake,
        "version": shown(request, intake.contact),
        "waiting": waiting(intake),
        "is_confirmed": is_confirmed(intake),
    }
    return render(request, "consult/privacy/reach.html", context)


def waiting(intake: Intake) -> AddressChange | None:
    return AddressChange.objects.filter(intake=intake).first()


def save(request: HttpRequest, intake: Intake, form: ReachForm) -> HttpResponse:
    """Phone and clock count at once, a new address when its code is entered."""
    contact = form.contact()
    email = contact.pop("email")
    is_new = blind_index("email", email) != bytes(intake.contact_index or b"")
    if is_new and not may_ask(request, email):
        form.add_error("email", TOO_MANY)
        return reach_page(request, intake, form)
    by, seen, now = known(request), seen_version(request), timezone.now()
    try:
        change_contact(intake, contact=contact, seen=seen, by=by, now=now)
        if is_new:
            return change(request, intake, email, by=by)
    except ChangedElsewhere:
        messages.warning(request, CHANGED)
        return redirect("consult:my_data_reach", intake.code)
    except NotAllowed as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, "Saved.")
    return redirect("consult:my_data")


def change(request: HttpRequest, intake: Intake, email: str, *, by: User | None) -> HttpResponse:
    now = timezone.now()
    if by and blind_index("email", email) == bytes(by.email_index or b""):
        addresses.take_at_once(intake, email=email, by=by, now=now)
        messages.success(request, "Saved. Letters that wait go to this address.")
        return redirect("consult:my_data")
    browser = browser_of(request.session)
    addresses.ask(intake, email=email, browser=browser, by=by, now=now)
    return redirect("consult:my_data_reach_code", intake.code)


def may_ask(request: HttpRequest, email: str) -> bool:
    """The limits of codes to sign in with hold here too: they fill the same mailboxes."""
    return bool(ratelimit.consume(request, action="request_login_code", key=email.lower()))


# ------------------------------------------------------------------------------------------- code
@with_form
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest, intake: Intake) -> HttpResponse:
    """For an address that waits for its code, or one in a form that nobody has confirmed yet."""
    try:
        if SEND in request.POST:
            return send(request, intake)
        if CANCEL in request.POST:
            return cancel(request, intake)
        return enter(request, intake)
    except NotAllowed as refusal:
        messages.warning(request, str(refusal))
        return redirect("consult:my_data")


def send(request: HttpRequest, intake: Intake) -> HttpResponse:
    there = waiting(intake)
    email = there.email if there else intake.contact_email
    if not email or (there is None and is_confirmed(intake)):
        return redirect(behind(intake))
    if not may_ask(request, email):
        messages.warning(request, TOO_MANY)
    else:
        by, browser = known(request), browser_of(request.session)
        addresses.ask(intake, email=email, browser=browser, by=by, now=timezone.now())
    return redirect("consult:my_data_reach_code", intake.code)


def cancel(request: HttpRequest, intake: Intake) -> HttpResponse:
    if addresses.cancel(intake, by=known(request), now=timezone.now()):
        messages.success(request, "Nothing is changed. Letters go where they went before.")
    return redirect(behind(intake))


def enter(request: HttpRequest, intake: Intake) -> HttpResponse:
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        said = addresses.confirm(
            intake,
            typed=form.cleaned_data["code"],
            browser=browser_of(request.session),
            by=known(request),
            now=timezone.now(),
        )
        if said is Entered.RIGHT:
            messages.success(request, "Thank you. The address is confirmed.")
            return redirect(behind(intake))
        form.add_error("code", said)
        # A second click may have waited while the first one entered the code.
        intake = Intake.objects.filter(pk=intake.pk).first() or intake
    return code_page(request, intake, form)


def code_page(request: HttpRequest, intake: Intake, form: CodeForm) -> HttpResponse:
    there = waiting(intake)
    if there is None and (is_confirmed(intake) or not intake.contact_email):
        return redirect(behind(intake))
    context = {
        "form": form,
        "intake": intake,
        "waiting": there,
        "is_new": there is not None and there.email != intake.contact_email,
        "has_run_out": there is not None and there.expires_at <= timezone.now(),
        "behind": behind(intake),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "consult/privacy/reach_code.html", context, status=status)


def behind(intake: Intake) -> str:
    return "/consult/intake/" if intake.is_draft else "/consult/my-data/"
