"""The pages on which a person changes the address that they sign in with."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from consult.access import public, signed_in, signed_in_recently
from consult.fields import blind_index
from consult.followups.codes import Entered, browser_of
from consult.intake.drafts import not_of_anybody
from consult.models import AddressChange, User
from consult.privacy import sign_in
from consult.privacy.code_forms import AddressForm, CodeForm
from consult.privacy.reach_views import CANCEL, SEND, TOO_MANY, may_ask

AGAIN = "afresh"  # the button that leads to a fresh sign-in
PersonView = Callable[[HttpRequest, User], HttpResponse]


def for_patient(view: PersonView) -> Callable[[HttpRequest], HttpResponse]:
    """For who has signed in with a code; the addresses of staff are changed by administrators."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect("consult:sign_in")
        person = signed_in(request)
        if person.works_here:
            raise Http404
        return view(request, person)

    return public(guarded)


@for_patient
@require_http_methods(["GET", "HEAD", "POST"])
def address(request: HttpRequest, person: User) -> HttpResponse:
    if AGAIN in request.POST:
        return sign_in_again(request)
    recent = signed_in_recently(request)
    form = AddressForm(request.POST if request.method == "POST" and recent else None)
    if form.is_valid():
        email = form.cleaned_data["email"]
        if blind_index("email", email) == bytes(person.email_index or b""):
            form.add_error("email", "This is the address that you sign in with now.")
        elif not may_ask(request, email):
            form.add_error("email", TOO_MANY)
        else:
            return asked(request, person, email)
    context = {"form": form, "person": person, "recent": recent, "waiting": waiting(person)}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "consult/privacy/sign_in.html", context, status=status)


def sign_in_again(request: HttpRequest) -> HttpResponse:
    own_life = not_of_anybody(request)
    logout(request)
    request.session.update(own_life)
    back = urlencode({"next": reverse("consult:my_data_sign_in")})
    way = urlencode({"next": f"{reverse('consult:after_sign_in')}?{back}"})
    return redirect(f"{reverse('consult:sign_in')}?{way}")


def asked(request: HttpRequest, person: User, email: str) -> HttpResponse:
    browser = browser_of(request.session)
    sign_in.ask(person, email=email, browser=browser, now=timezone.now())
    return redirect("consult:my_data_sign_in_code")


def waiting(person: User) -> AddressChange | None:
    return AddressChange.objects.filter(person=person).first()


@for_patient
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest, person: User) -> HttpResponse:
    there = waiting(person)
    if there is None:
        return redirect("consult:my_data_sign_in")
    if CANCEL in request.POST:
        sign_in.cancel(person, now=timezone.now())
        messages.success(request, "Nothing is changed. You sign in as before.")
        return redirect("consult:my_data")
    if SEND in request.POST:
        return send_again(request, person, there.email)
    return enter(request, person, there)


def send_again(request: HttpRequest, person: User, email: str) -> HttpResponse:
    if not signed_in_recently(request):
        return redirect("consult:my_data_sign_in")
    if may_ask(request, email):
        return asked(request, person, email)
    messages.warning(request, TOO_MANY)
    return redirect("consult:my_data_sign_in_code")


def enter(request: HttpRequest, person: User, there: AddressChange) -> HttpResponse:
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        typed, browser = form.cleaned_data["code"], browser_of(request.session)
        said = sign_in.confirm(person, typed=typed, browser=browser, now=timezone.now())
        present = User.objects.get(pk=person.pk)
        if said is Entered.GONE and present.email == there.email:
            return redirect("consult:my_data")  # a second click: the first has changed it
        if said is Entered.RIGHT:
            # Every other session ends with the old fingerprint; this one is given the new.
            update_session_auth_hash(request, present)
            messages.success(request, f"From now on you sign in with {there.email}.")
            return redirect("consult:my_data")
        form.add_error("code", said)
    run_out = there.expires_at <= timezone.now()
    context = {"form": form, "person": person, "waiting": there, "has_run_out": run_out}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "consult/privacy/sign_in_code.html", context, status=status)
