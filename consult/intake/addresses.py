"""By which address letters about a form come: it counts once its person has shown, with a code,
that they read it. Until then letters go where they went before."""

from datetime import datetime, timedelta

from django.db import transaction

from consult import audit
from consult.fields import blind_index
from consult.followups import codes, nudges
from consult.followups.actions import send_account_letter
from consult.followups.codes import Entered
from consult.followups.reach import is_confirmed
from consult.intake.people import NO_MORE, change_address, may_change
from consult.intake.refusals import NotAllowed
from consult.models import AddressChange, Intake, User

ERASED = "This form was erased."
NOTE_LIVES = timedelta(days=2)  # a mail server may be away for long; it still matters then


def ask(intake: Intake, *, email: str, browser: str, by: User | None, now: datetime) -> None:
    """Send a code to `email`, which takes the place of the present address when it is entered.

    For a draft it is the address in it, and `by` may be None: the visitor whose browser holds it.
    All is the same for every address. Raises NotAllowed where the form cannot be changed.
    """
    with transaction.atomic():
        intake = locked(intake, by=by)
        codes.ask(intake=intake, email=email, browser=browser, now=now)
        audit.record(by=by, did="asked to confirm an address", to=intake, now=now)


def confirm(intake: Intake, *, typed: str, browser: str, by: User | None, now: datetime) -> Entered:
    """Try the code that was typed; what came of it. The right one makes the address count.

    A wrong try is counted, however often in parallel. Raises NotAllowed as `ask` does.
    """
    with transaction.atomic():
        intake = locked(intake, by=by)
        change = AddressChange.objects.select_for_update().filter(intake=intake).first()
        said = codes.enter(change, typed=typed, browser=browser, now=now)
        if change is not None and said is Entered.RIGHT:
            take(intake, change.email, by=by, now=now)
    return said


def cancel(intake: Intake, *, by: User | None, now: datetime) -> bool:
    """Keep the present address; whether another one had waited."""
    with transaction.atomic():
        intake = locked(intake, by=by)
        ended, _ = AddressChange.objects.filter(intake=intake).delete()
        if ended:
            audit.record(by=by, did="kept the address for letters", to=intake, now=now)
    return bool(ended)


def take_at_once(intake: Intake, *, email: str, by: User, now: datetime) -> None:
    """Send letters to the address that `by` has signed in with, which a code has confirmed."""
    with transaction.atomic():
        intake = locked(intake, by=by)
        AddressChange.objects.filter(intake=intake).delete()
        take(intake, email, by=by, now=now)


def locked(intake: Intake, *, by: User | None) -> Intake:
    found = Intake.objects.select_for_update().filter(pk=intake.pk).first()
    if found is None:
        raise NotAllowed(ERASED)
    # A draft is of the browser that holds it; the view has looked.
    if not (found.is_draft or may_change(by, found)):
        raise NotAllowed(NO_MORE)
    return found


def take(intake: Intake, email: str, *, by: User | None, now: datetime) -> None:
    if blind_index("email", email) == bytes(intake.contact_index or b""):
        note_confirmed(intake, email, by=by, now=now)
        return
    old = old_address(intake)
    change_address(intake, email=email, by=by, now=now)
    if old and blind_index("email", old) != blind_index("email", email):
        send_account_letter("letters_moved", to=old, values={}, now=now, lives=NOTE_LIVES)


def old_address(intake: Intake) -> str:
    """Whom to tell that letters go elsewhere: never an address that somebody mistyped."""
    if is_confirmed(intake):
        return intake.contact_email
    return intake.owner.email if intake.owner else ""


def note_confirmed(intake: Intake, email: str, *, by: User | None, now: datetime) -> None:
    """The address that stands in the form is its person's: the form is no longer nobody's."""
    intake.confirmed_index = blind_index("email", email)
    intake.owner = intake.owner or holder(email, by)
    intake.save(update_fields=["confirmed_index", "owner"])
    audit.record(by=by, did="confirmed their address", to=intake, now=now)
    if intake.is_draft:
        nudges.follow(intake, now=now)


def holder(email: str, by: User | None) -> User | None:
    """Who has signed in, else the account of the address; never somebody who works here."""
    known = by or User.objects.filter(email=email).first()
    account = known.signs_in_as() if known else None
    return account if account and account.is_active and not account.works_here else None
