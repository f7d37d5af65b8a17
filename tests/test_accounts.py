"""Signing in: codes for patients, password and second factor for staff."""

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from consult.dashboard.merge import merge
from consult.fields import blind_index
from consult.models import Message, Role, User
from tests.factories import (
    NOW,
    PASSWORD,
    TOTP,
    UserFactory,
    clinician,
    draft,
    generate_totp_secret,
    staff,
    submitted,
)

pytestmark = pytest.mark.django_db


def ask_for_code(client: Client, address: str) -> Any:
    return client.post(reverse("consult:sign_in"), {"email": address})


def ask_for_password(client: Client, address: str) -> Any:
    return client.post(reverse("account_reset_password"), {"email": address})


def code_sent() -> str:
    return str(Message.objects.get(event="sign_in_code").values["code"])


def enter(client: Client, code: str) -> Any:
    return client.post(reverse("account_confirm_login_code"), {"code": code})


def test_a_patient_comes_back_to_an_unsent_form_on_another_device(client: Client) -> None:
    intake = draft(email="ana@example.org")
    ask_for_code(client, "Ana@Example.org")
    response = enter(client, code_sent())
    assert response.url == reverse("consult:after_sign_in")
    assert client.get(response.url).url == reverse("consult:tasks")
    intake.refresh_from_db()
    assert intake.owner == User.objects.get(email="ana@example.org")


def test_a_patient_who_sent_the_form_sees_how_it_fares(client: Client) -> None:
    intake = submitted(email="ana@example.org")
    ask_for_code(client, "ana@example.org")
    enter(client, code_sent())
    assert client.get(reverse("consult:after_sign_in")).url == reverse("consult:status")
    assert intake.code in client.get(reverse("consult:status")).text


def test_a_code_counts_only_in_the_browser_that_asked(client: Client) -> None:
    draft(email="ana@example.org")
    ask_for_code(client, "ana@example.org")
    other = Client()
    enter(other, code_sent())
    assert other.get(reverse("consult:after_sign_in")).status_code == 302
    assert "_auth_user_id" not in other.session


def test_a_code_counts_once(client: Client) -> None:
    draft(email="ana@example.org")
    ask_for_code(client, "ana@example.org")
    code = code_sent()
    enter(client, code)
    client.post(reverse("account_logout"))
    enter(client, code)
    assert "_auth_user_id" not in client.session


def test_an_unknown_address_gets_the_same_answer_and_no_letter(client: Client) -> None:
    draft(email="ana@example.org")
    known = ask_for_code(Client(), "ana@example.org")
    unknown = ask_for_code(client, "nobody@example.org")
    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    assert Message.objects.filter(event="sign_in_code").count() == 1


def work_of(address: str, ask: Any = ask_for_code) -> list[str]:
    """What the database is asked for a letter to this address; the names of tables say enough."""
    with CaptureQueriesContext(connection) as asked:
        ask(Client(), address)
    sql = [re.sub(r"_django_curs_\w+", "", one["sql"]) for one in asked]  # a name of its own each
    words = [re.sub(r'^(\w+).*?"(\w+)".*', r"\1 \2", one, flags=re.S) for one in sql]
    return [one for one in words if one.split()[0] not in {"SAVEPOINT", "RELEASE", "ROLLBACK"}]


@pytest.mark.parametrize("role", [None, Role.CLINICIAN], ids=["nobody", "staff"])
def test_whether_an_address_is_known_does_not_show_in_the_work_it_makes(role: Role | None) -> None:
    draft(email="ana@example.org")
    other = staff(role).email if role else "nobody@example.org"
    work_of("first@example.org")  # whatever is looked up once
    known = work_of("ana@example.org")
    assert "INSERT consult_message" in known
    assert work_of(other) == known
    assert not Message.objects.filter(recipient_index=blind_index("email", other)).exists()


def test_staff_get_no_code_and_the_same_answer(client: Client) -> None:
    response = ask_for_code(client, clinician().email)
    assert response.url == reverse("account_confirm_login_code")
    assert not Message.objects.exists()


def test_staff_sign_in_takes_both_factors(client: Client) -> None:
    doctor = clinician()
    response = client.post(reverse("account_login"), {"login": doctor.email, "password": PASSWORD})
    assert response.url == reverse("mfa_authenticate")
    assert "_auth_user_id" not in client.session
    assert client.get(reverse("consult:queue")).status_code == 302


def test_staff_without_a_second_factor_reach_only_the_page_that_sets_one_up() -> None:
    client, doctor = Client(), staff(Role.CLINICIAN, second_factor=False)
    client.post(reverse("account_login"), {"login": doctor.email, "password": PASSWORD})
    for path in (reverse("consult:queue"), "/cms/", "/admin/", reverse("consult:status")):
        assert client.get(path).url == reverse("mfa_activate_totp")
    asked_again = client.get(reverse("mfa_activate_totp")).url
    assert asked_again.startswith(reverse("account_reauthenticate"))
    client.post(asked_again, {"password": PASSWORD})
    assert client.get(reverse("mfa_activate_totp")).status_code == 200


def test_the_seed_of_a_second_factor_does_not_stand_readable_in_the_database() -> None:
    secret = generate_totp_secret()
    user = clinician(second_factor=False)
    stored = TOTP.activate(user, secret).instance
    stored.refresh_from_db()
    assert secret not in str(stored.data)


def test_staff_can_set_a_new_password_by_letter(client: Client) -> None:
    doctor = clinician()
    client.post(reverse("account_reset_password"), {"email": doctor.email})
    letter = Message.objects.get(event="password_reset")
    assert re.fullmatch(r"/accounts/password/reset/key/\S+/", letter.values["path"])


def test_which_addresses_are_those_of_staff_does_not_show_in_the_work_they_make() -> None:
    doctor, owner = clinician(), UserFactory(is_superuser=True, password="")
    draft(email="ana@example.org")
    closed = staff(Role.FRONT_DESK, is_active=False).email
    work_of("first@example.org", ask_for_password)  # whatever is looked up once
    known = work_of(doctor.email, ask_for_password)
    assert "INSERT consult_message" in known
    for other in (owner.email, "ana@example.org", closed, "nobody@example.org"):
        assert work_of(other, ask_for_password) == known, other
    sent_to = {one.recipient for one in Message.objects.all()}
    assert sent_to == {doctor.email, owner.email}


def test_everybody_who_asks_for_a_password_is_answered_the_same() -> None:
    draft(email="ana@example.org")
    answers = []
    for address in (clinician().email, "ana@example.org", "nobody@example.org"):
        answer = ask_for_password(Client(), address)
        answers.append((answer.status_code, answer["Location"], answer.content))
    assert answers[0] == answers[1] == answers[2]


def test_patients_have_no_password_to_set(client: Client) -> None:
    UserFactory(email="ana@example.org", password="")
    client.post(reverse("account_reset_password"), {"email": "ana@example.org"})
    assert not Message.objects.exists()


@pytest.mark.parametrize("path", ["/accounts/signup/", "/accounts/email/"])
def test_what_the_portal_does_not_offer_is_not_there(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_no_address_is_kept_in_clear_by_the_sign_in_library(client: Client) -> None:
    submitted(email="ana@example.org", now=NOW)
    ask_for_code(client, "ana@example.org")
    enter(client, code_sent())
    assert not EmailAddress.objects.exists()


# ------------------------------------------------------------------------------ merged accounts
def merged(*, was_read: bool) -> tuple[User, User]:
    """The account that stays, and the one whose address was signed in with before, or never."""
    kept, gone = submitted(email="ana@example.org"), submitted(email="ana.t@example.org")
    for intake in (kept, gone):
        intake.owner = User.objects.get(email=intake.contact_email)
        intake.save()
    stays, goes = User.objects.get(email="ana@example.org"), gone.owner
    assert goes is not None
    goes.last_login = NOW if was_read else None
    goes.save()
    merge(kept, gone, by=staff(Role.LEAD_CLINICIAN), now=NOW)
    return stays, goes


@pytest.mark.parametrize("page", ["consult:sign_in", "account_request_login_code"])
@pytest.mark.parametrize(
    ("was_read", "sent_to"), [(True, "ana.t@example.org"), (False, "ana@example.org")]
)
def test_the_address_of_a_merged_account_leads_to_the_one_that_stays(
    client: Client, page: str, was_read: bool, sent_to: str
) -> None:
    stays, _ = merged(was_read=was_read)
    client.post(reverse(page), {"email": "ana.t@example.org"})
    assert Message.objects.get(event="sign_in_code").recipient == sent_to
    enter(client, code_sent())
    assert client.session["_auth_user_id"] == str(stays.pk)


def test_a_merged_address_is_answered_as_any_other(client: Client) -> None:
    merged(was_read=True)
    answers = []
    for address in ("ana.t@example.org", "ana@example.org", "nobody@example.org"):
        browser = Client()
        asked = ask_for_code(browser, address)
        page = browser.get(asked.url)
        plain = re.sub(r'value="[^"]{60,}"|nonce-\S+', "", page.text.replace(address, "*"))
        answers.append((asked.status_code, asked.url, page.status_code, plain))
    assert answers[0] == answers[1] == answers[2]


def test_the_page_never_names_the_address_that_stays(client: Client) -> None:
    merged(was_read=False)
    asked = ask_for_code(client, "ana.t@example.org")
    assert "ana@example.org" not in client.get(asked.url).text


def test_a_form_begun_with_the_old_address_comes_to_the_account_that_stays(client: Client) -> None:
    stays, _ = merged(was_read=True)
    begun = draft(email="ana.t@example.org")
    ask_for_code(client, "ana.t@example.org")
    enter(client, code_sent())
    client.get(reverse("consult:after_sign_in"))
    begun.refresh_from_db()
    assert begun.owner == stays


def test_a_closed_account_that_was_not_merged_gets_no_code(client: Client) -> None:
    draft(email="ana@example.org")
    User.objects.filter(email="ana@example.org").update(is_active=False)
    ask_for_code(client, "ana@example.org")
    assert not Message.objects.filter(event="sign_in_code").exists()
