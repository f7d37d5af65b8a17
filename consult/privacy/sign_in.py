"""With which address a person signs in: they change it by a code sent to the new one."""

from datetime import datetime

from django.db import IntegrityError, transaction

from consult import audit
from consult.followups import codes
from consult.followups.actions import send_account_letter
from consult.followups.codes import Entered
from consult.intake.actions import claim
from consult.intake.addresses import NOTE_LIVES
from consult.intake.people import change_address
from consult.models import AddressChange, Intake, User


def ask(person: User, *, email: str, browser: str, now: datetime) -> None:
    """Send a code to `email`. One that has an account already is answered the same; its reader
    gets a letter that says so, and no code."""
    with transaction.atomic():
        person = locked(person)
        is_taken = User.objects.filter(email=email).exists()
        codes.ask(person=person, email=email, browser=browser, is_taken=is_taken, now=now)
        audit.record(by=person, did="asked to change their sign-in", to=person, now=now)


def confirm(person: User, *, typed: str, browser: str, now: datetime) -> Entered:
    """Try the code that was typed; what came of it.

    The right one changes the address, ends every session of the person (the view keeps its own),
    and lets the letters that went to the old address go to the new one. No other account is
    touched: if one has the address by now, nothing changes.
    """
    with transaction.atomic():
        lock_forms(person)
        person = locked(person)
        change = AddressChange.objects.select_for_update().filter(person=person).first()
        said = codes.enter(change, typed=typed, browser=browser, now=now)
        if change is not None and said is Entered.RIGHT and not take(person, change.email, now=now):
            said = Entered.GONE
    return said


def cancel(person: User, *, now: datetime) -> bool:
    """Keep the present address; whether another one had waited."""
    with transaction.atomic():
        ended, _ = AddressChange.objects.filter(person=person).delete()
        if ended:
            audit.record(by=person, did="kept their sign-in", to=person, now=now)
    return bool(ended)


def locked(person: User) -> User:
    return User.objects.select_for_update().get(pk=person.pk)


def lock_forms(person: User) -> None:
    """Before the account: whoever saves a form has it locked and then needs its owner's row."""
    list(Intake.objects.filter(owner=person).order_by("pk").select_for_update().values_list("pk"))


def take(person: User, email: str, *, now: datetime) -> bool:
    # Forms that wait for the old address are theirs; after this nobody could tell.
    claim(person, now=now)
    old, index = person.email, bytes(person.email_index or b"")
    person.email = email
    # A password that never matches has another fingerprint each time: sessions hold it.
    person.set_unusable_password()
    try:
        with transaction.atomic():
            person.save(update_fields=["email", "email_index", "password"])
    except IntegrityError:  # somebody began a form with it in this moment
        return False
    theirs = Intake.objects.filter(owner=person).reachable_at(index).order_by("pk")
    for intake in theirs.exclude(state=Intake.State.WITHDRAWN):
        change_address(intake, email=email, by=person, now=now)
    send_account_letter("sign_in_moved", to=old, values={}, now=now, lives=NOTE_LIVES)
    audit.record(by=person, did="changed their sign-in", to=person, now=now)
    return True
