"""How django-allauth meets this portal: nobody signs up, codes are for patients, letters go
through the outbox."""

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import RequestLoginCodeForm, ResetPasswordForm
from allauth.account.views import RequestLoginCodeView
from allauth.mfa.adapter import DefaultMFAAdapter
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from consult.access import public, signed_in
from consult.fields import blind_index, seal, unseal
from consult.followups import actions as followups
from consult.intake import actions
from consult.models import Intake, Role, User

# allauth's template prefixes of the mails that we send; no other leaves.
LOGIN_CODE, PASSWORD_RESET = "account/email/login_code", "account/email/password_reset_key"


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """What allauth wants to send becomes a row in the outbox; it never waits for a server."""
        if template_prefix == LOGIN_CODE:
            send_code(email, str(context["code"]))
        elif template_prefix == PASSWORD_RESET:
            # The host of the link is ours to say, never the request's.
            values = {"path": urlsplit(context["password_reset_url"]).path}
            followups.send_account_letter(
                "password_reset", to=email, values=values, now=timezone.now()
            )

    def pre_login(
        self, request: HttpRequest, user: User, *, email: str | None, **more: Any
    ) -> HttpResponse | None:
        """A code that was sent to an address which its person has changed since opens nothing."""
        if email and blind_index("email", email) not in user.address_indexes():
            return redirect("consult:sign_in")
        refusal: HttpResponse | None = super().pre_login(request, user, email=email, **more)
        return refusal

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Our pages say themselves what happened; allauth's notes would name the address."""


class MFAAdapter(DefaultMFAAdapter):
    """allauth keeps the seeds of second factors; this keeps them out of a dump."""

    def encrypt(self, text: str) -> str:
        return seal(text.encode(), bound_to="mfa.authenticator").hex()

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(bytes.fromhex(encrypted_text), bound_to="mfa.authenticator").decode()


class PatientCodeForm(RequestLoginCodeForm):
    """Codes open patients' pages. For staff the answer is the same, and no code is sent; the
    address of an account that became part of another leads to that one."""

    def clean_email(self) -> str:
        email = str(super().clean_email())
        # Every address is asked for the same, so that the time tells nobody which one is known.
        gone = merged_account(email)
        found: User | None = getattr(self, "_user", None) or gone
        account = found.signs_in_as() if found else User()
        may_have_code = not account.works_here and account.is_active
        self._user = account if found and may_have_code else None
        if self._user is None:
            as_if_sent(email)
        return email


class StaffPasswordForm(ResetPasswordForm):
    """Patients have no password to set. For them, and for who is not known, the same work is done,
    so that the time tells nobody which addresses are those of staff."""

    users: list[User]

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        found: User = self.users[0] if self.users else User(email=self.cleaned_data["email"])
        self.users = [found]
        gets_letter = bool(found.roles) or found.is_superuser  # both are always asked for
        with transaction.atomic(), transaction.atomic():
            email = str(super().save(request, **kwargs))
            transaction.set_rollback(not gets_letter)
        return email


def merged_account(email: str) -> User | None:
    return User.objects.filter(email=email).exclude(merged_into=None).first()


def code_goes_to(email: str) -> str:
    """The address that was typed. But where its account was merged before anybody had shown that
    they read it, the code goes to the address that stays."""
    gone = merged_account(email)
    return gone.signs_in_as().email if gone and not gone.last_login else email


def send_code(email: str, code: str) -> None:
    followups.send_account_letter(
        "sign_in_code", to=code_goes_to(email), values={"code": code}, now=timezone.now()
    )


@transaction.atomic  # what is committed in the end is empty, and takes as long
def as_if_sent(email: str) -> None:
    """The work of a code letter, for an address that gets none."""
    with transaction.atomic():
        send_code(email, AccountAdapter().generate_login_code())
        transaction.set_rollback(True)


class SignIn(RequestLoginCodeView):
    template_name = "consult/intake/sign_in.html"


sign_in = public(SignIn.as_view())


def after_sign_in(request: HttpRequest) -> HttpResponse:
    """Where somebody goes who has just signed in; forms that name their address become theirs."""
    user = signed_in(request)
    actions.claim(user, now=timezone.now())
    if user.is_care_team:
        return redirect("consult:queue")
    if user.has_role(Role.EDITOR, Role.CLINICAL_REVIEWER):
        return redirect("wagtailadmin_home")
    if user.works_here:
        return redirect("admin:index")
    if here := way_back(request):
        return redirect(here)
    own = Intake.objects.for_actor(user)
    return redirect("consult:tasks" if own.drafts().exists() else "consult:status")


def way_back(request: HttpRequest) -> str:
    """Where a patient was when the session ended, if that is a page of ours."""
    here = request.GET.get("next", "")
    return here if here.startswith("/consult/") else ""
