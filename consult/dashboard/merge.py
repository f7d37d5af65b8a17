"""Two accounts of one person become one. Forms are moved, never mixed: both histories stay."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from consult import audit
from consult.models import Intake, Message, Note, Status, User

# Letters that have not begun to leave.
TO_REDIRECT = (Status.SCHEDULED, Status.HELD, Status.FAILED)


class CannotMerge(Exception):
    """The two accounts cannot become one; the text is a sentence for who tried."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two accounts, as the page shows it."""

    intake: Intake
    account: User | None
    forms: Sequence[Intake]
    letters: int
    is_confirmed: bool  # a code sent to the address has come back


def side_of(intake: Intake) -> Side:
    account = account_of(intake)
    forms = list(forms_of(account)) if account else [intake]
    return Side(
        intake=intake,
        account=account,
        forms=forms,
        letters=letters_of(forms).count(),
        is_confirmed=any(one.owner_id for one in forms),
    )


def account_of(intake: Intake) -> User | None:
    """Whose form it is; while no code has come back, the account of the address in it."""
    return intake.owner or User.objects.filter(email=intake.contact_email).first()


def forms_of(account: User) -> QuerySet[Intake]:
    """The account's forms, and those that name its address and wait for a code."""
    waiting = Q(owner=None, contact_index=account.email_index)
    return Intake.objects.filter(Q(owner=account) | waiting).order_by("started_at", "pk")


def letters_of(forms: Sequence[Intake]) -> QuerySet[Message]:
    return Message.objects.filter(intake__in=forms, status__in=TO_REDIRECT)


def refusal(kept: Side, gone: Side) -> str:
    """Why `gone` cannot become part of `kept`; empty when it can."""
    if kept.account is None or gone.account is None:
        return "One of these forms has no account any more."
    if kept.account == gone.account:
        return "Both forms belong to the same account already."
    if kept.account.works_here or gone.account.works_here:
        return "The account of a colleague cannot be merged."
    if not (kept.account.is_active and gone.account.is_active):
        return "One of these accounts is closed already."
    if not (kept.is_confirmed or gone.is_confirmed):
        return "Nobody has confirmed either address with a code yet. The one that stays has to be."
    if not kept.is_confirmed:
        return "Nobody has confirmed the address that would stay. Keep the other one."
    return ""


def merge(kept: Intake, gone: Intake, *, by: User, now: datetime) -> int:
    """Make the account of `gone` part of that of `kept`; how many forms have moved.

    Its forms, with everything in them, get the owner and the address of the account that stays, and
    letters that wait go there. The other account is closed, which ends its sessions. A note with
    each form says whose it was, so that the merge can be undone by hand. Raises CannotMerge.
    """
    with transaction.atomic():
        pks = [one.pk for one in (account_of(kept), account_of(gone)) if one]
        list(User.objects.select_for_update().filter(pk__in=pks).order_by("pk"))
        # As they are now: another merge may have closed one of them while this one waited.
        stays, goes = (side_of(Intake.objects.get(pk=one.pk)) for one in (kept, gone))
        if why := refusal(stays, goes):
            raise CannotMerge(why)
        assert stays.account is not None  # noqa: S101 - `refusal` has said so
        assert goes.account is not None  # noqa: S101
        for form in goes.forms:
            move(form, to=stays.account, by=by, now=now)
        goes.account.is_active, goes.account.merged_into = False, stays.account
        goes.account.save(update_fields=["is_active", "merged_into"])
        count = len(goes.forms)
        ids = {"into": stays.account.pk.hex, "merged": goes.account.pk.hex, "forms": count}
        for account in (stays.account, goes.account):
            audit.record(by=by, did="merged two accounts", to=account, now=now, **ids)
    return count


def move(form: Intake, *, to: User, by: User, now: datetime) -> None:
    form = Intake.objects.select_for_update().get(pk=form.pk)
    before = form.contact_email
    Note.objects.create(intake=form, words=moved_words(before, to.email), by=by, at=now)
    form.owner = to
    form.contact = {**form.contact, "email": to.email}
    form.save(update_fields=["owner", "contact", "contact_index"])
    for letter in letters_of([form]).select_for_update():
        letter.recipient = to.email
        letter.save(update_fields=["recipient", "recipient_index"])
    audit.record(by=by, did="moved a form to another account", to=form, now=now, into=to.pk.hex)


def moved_words(before: str, after: str) -> str:
    return (
        f"Accounts merged. This form came from the account of {before} and belongs to that of "
        f"{after} now. To undo it, an administrator opens the first account again and gives this "
        "form back to it, with its address."
    )
