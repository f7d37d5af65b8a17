"""Codes that show that somebody reads the mail of an address, as strict as those to sign in with.

A code lives ten minutes, counts once, in the browser that asked, and five wrong tries end it.
"""

import secrets
from datetime import datetime, timedelta
from enum import StrEnum

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.sessions.backends.base import SessionBase
from django.utils.crypto import constant_time_compare, salted_hmac

from consult.followups.actions import send_account_letter
from consult.models import AddressChange, Intake, User

LIVES = timedelta(seconds=settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT)
TRIES = settings.ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS
CODE_LETTER, TAKEN_LETTER = "address_code", "address_taken"
BROWSER = "address_browser"  # in the session: what only this browser has


class Entered(StrEnum):
    """What came of a code that was typed: a sentence for the person; empty if it was right."""

    RIGHT = ""
    WRONG = "This is not the code. It stands in the newest letter that we sent to the address."
    SPENT = "The code was wrong too often and no longer counts. Please ask for a new one."
    LATE = "This code has run out. Please ask for a new one."
    ELSEWHERE = "The code counts only in the browser where you asked. You can ask for a new one."
    GONE = "No address waits for a code any more. You can write it again."


def browser_of(session: SessionBase) -> str:
    """A secret of this browser, made when it is first asked for."""
    if BROWSER not in session:
        session[BROWSER] = secrets.token_urlsafe(32)
    return str(session[BROWSER])


def ask(
    *,
    email: str,
    browser: str,
    now: datetime,
    intake: Intake | None = None,
    person: User | None = None,
    is_taken: bool = False,
) -> AddressChange:
    """Keep the address as one that waits, in place of an earlier one, and send a code to it.

    Of a form or of a person. `is_taken`: the address has a sign-in of its own, so its reader is
    told that instead. No code then counts, and to whoever asked all is as for any other address.
    """
    code = get_adapter().generate_login_code()
    AddressChange.objects.filter(intake=intake, person=person).delete()
    change = AddressChange.objects.create(
        intake=intake,
        person=person,
        email=email,
        code=make_password(normal(secrets.token_urlsafe(32) if is_taken else code)),
        browser=digest(browser),
        asked_at=now,
        expires_at=now + LIVES,
    )
    letter, values = (TAKEN_LETTER, {}) if is_taken else (CODE_LETTER, {"code": code})
    send_account_letter(letter, to=email, values=values, now=now)
    return change


def enter(change: AddressChange | None, *, typed: str, browser: str, now: datetime) -> Entered:
    """Try a code. Call it in a transaction that has locked the row, and commit whatever it says:
    a wrong try is counted, and the right one is the last."""
    if change is None:
        return Entered.GONE
    if change.tries >= TRIES:
        return Entered.SPENT
    if now >= change.expires_at:
        return Entered.LATE
    if not constant_time_compare(digest(browser), change.browser):
        return Entered.ELSEWHERE
    change.tries += 1
    change.save(update_fields=["tries"])
    if check_password(normal(typed), change.code):
        AddressChange.objects.filter(pk=change.pk).delete()  # the instance stays readable
        return Entered.RIGHT
    return Entered.SPENT if change.tries >= TRIES else Entered.WRONG


def normal(code: str) -> str:
    """However somebody types it: small letters, spaces, without the dash."""
    return "".join(one for one in code if one.isalnum()).upper()


def digest(browser: str) -> str:
    return salted_hmac("consult.address", browser, algorithm="sha256").hexdigest()
