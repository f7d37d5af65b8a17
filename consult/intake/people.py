"""Who fills the form in: how to reach them, and by what right they answer for somebody else."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac

from consult import audit
from consult.fields import blind_index
from consult.followups import moving, nudges
from consult.followups.reach import is_their_address
from consult.intake.answering import CONSENT_TO_STORE, draft_to_change
from consult.intake.refusals import ChangedElsewhere, NotAllowed
from consult.marks import keep_marks
from consult.models import AddressChange, Intake, User
from consult.rules import carer as carers
from consult.rules.conditions import Answer

NO_MORE = "This form cannot be changed here any more."


def version_of(stored: Mapping[str, Any] | None) -> str:
    """A word that changes with what is stored, and does not tell what that is."""
    return salted_hmac("consult.version", json.dumps(stored or {}, sort_keys=True)).hexdigest()[:16]


def lost(stored: Mapping[str, Any], new: Mapping[str, Any]) -> set[str]:
    """The fields whose stored value would be written over."""
    return {key for key, one in stored.items() if one not in ("", new.get(key, ""))}


def save_contact(
    intake: Intake,
    *,
    contact: Mapping[str, Any],
    seen: str | None = None,
    by: User | None = None,
    now: datetime,
) -> None:
    """Store how to reach the person, and make sure the address can ask for a sign-in code.

    `contact` holds full_name, email, phone, preferred_language and time_zone as text; `seen` is the
    version of what the page was made from, None when it does not say; `by` is who has signed in,
    if anybody. The form becomes theirs if the address is: any other takes a code sent to it. Raises
    NotAllowed once the form is submitted; ChangedElsewhere when details stored meanwhile would be
    written over.
    """
    with transaction.atomic():
        intake = draft_to_change(intake)
        refuse_overwriting(intake.contact, contact, seen)
        before = dict(intake.contact)
        intake.contact, intake.saved_at = dict(contact), now
        intake.save(update_fields=["contact", "contact_index", "saved_at"])
        if address_differs(before, contact):
            AddressChange.objects.filter(intake=intake).delete()
        tie(intake, to=by, now=now)
        ensure_account(str(contact["email"]))
        moving.after_contact_changed(intake, before=before, now=now)
        nudges.follow(intake, now=now)
        audit.record(by=intake.owner, did="saved contact details", to=intake, now=now)


def change_contact(
    intake: Intake,
    *,
    contact: Mapping[str, Any],
    seen: str | None = None,
    by: User | None,
    now: datetime,
) -> None:
    """Store by which phone and clock the person of a form that was sent is reached.

    `contact` holds what changes of phone and time_zone; for the address see `change_address`.
    Raises NotAllowed once the form is taken back, for a draft, or if it is not `by`'s own;
    ChangedElsewhere as `save_contact` does.
    """
    with transaction.atomic():
        intake = Intake.objects.select_for_update().get(pk=intake.pk)
        after = {**intake.contact, **contact, "email": intake.contact_email}
        if intake.is_draft or not may_change(by, intake):
            raise NotAllowed(NO_MORE)
        refuse_overwriting(intake.contact, after, seen)
        store_contact(intake, after, by=by, now=now)


def change_address(intake: Intake, *, email: str, by: User | None, now: datetime) -> None:
    """Send the letters about a form to `email`, which a code has shown its person to read.

    Those that wait follow. Whom the form belongs to, and with which address they sign in, stays.
    Raises NotAllowed once the form is taken back, or if it is not `by`'s own.
    """
    with transaction.atomic():
        intake = Intake.objects.select_for_update().get(pk=intake.pk)
        if not may_change(by, intake):
            raise NotAllowed(NO_MORE)
        intake.confirmed_index = blind_index("email", email)
        store_contact(intake, {**intake.contact, "email": email}, by=by, now=now)
        if intake.is_draft:
            nudges.follow(intake, now=now)


def may_change(person: User | None, intake: Intake) -> bool:
    return intake.state != Intake.State.WITHDRAWN and may_hold(person, intake)


def store_contact(
    intake: Intake, after: Mapping[str, Any], *, by: User | None, now: datetime
) -> None:
    """A form that nobody holds becomes theirs first, or it would be of whoever has the address."""
    before = dict(intake.contact)
    intake.owner, intake.contact = by, dict(after)
    intake.save(update_fields=["owner", "contact", "contact_index", "confirmed_index"])
    keep_marks(intake)
    moving.after_contact_changed(intake, before=before, now=now)
    fields = sorted(key for key, one in after.items() if one != before.get(key))
    audit.record(by=by, did="changed contact details", to=intake, now=now, fields=fields)


def address_differs(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    was, now = (blind_index("email", str(one.get("email", ""))) for one in (before, after))
    return was != now


def tie(intake: Intake, *, to: User | None, now: datetime) -> bool:
    """Make a form that nobody holds theirs if it names their own address; whether it did. Call it
    in the transaction that has locked the form."""
    if to is None or intake.owner_id or not may_hold(to, intake):
        return False
    intake.owner = to
    intake.save(update_fields=["owner"])
    audit.record(by=to, did="claimed a form", to=intake, now=now)
    return True


def may_hold(person: User | None, intake: Intake) -> bool:
    """Whether it is theirs, or nobody's and names an address of theirs that a code confirmed."""
    if person is None or intake.owner_id:
        return person is not None and person.pk == intake.owner_id
    return not person.works_here and is_their_address(intake, person)


def ensure_account(email: str) -> None:
    """An account without a password for a new address; one that exists is left as it is."""
    if User.objects.filter(email=email).exists():
        return
    try:
        with transaction.atomic():
            User.objects.create_user(email)
    except IntegrityError:
        pass  # made by somebody else in this moment


def save_carer(
    intake: Intake,
    *,
    answers: Mapping[str, Answer],
    cleared: Collection[str] = (),
    seen: str | None = None,
    now: datetime,
) -> dict[str, Answer]:
    """Store what somebody says who fills the form in for a child or for an adult in their care.

    `answers` are clean answers to the questions of `rules.carer`, complete or not, stored over
    those given before about the same; `cleared` and `seen` are as for steps and contact details.
    Out: the answers as they are stored now.
    Raises NotAllowed once the form is submitted, while consent to store is not given, or where
    nobody else is answered for; ChangedElsewhere as `save_contact` does.
    """
    with transaction.atomic():
        intake = draft_to_change(intake)
        form = intake.answers()
        if not form.get(CONSENT_TO_STORE) or carers.asked_of(form) is None:
            raise NotAllowed("These questions are for somebody who answers for another person.")
        before = carers.given(intake.carer, form)
        kept = {key: one for key, one in before.items() if key not in cleared} | dict(answers)
        refuse_overwriting(before, kept, seen)
        intake.carer = {carers.WHOM: form["person.filling_for"], **kept}
        intake.saved_at = now
        intake.save(update_fields=["carer", "saved_at"])
        audit.record(by=intake.owner, did="saved who answers for the patient", to=intake, now=now)
    return kept


def refuse_overwriting(stored: Mapping[str, Any], new: Mapping[str, Any], seen: str | None) -> None:
    if seen is not None and seen != version_of(stored) and (names := lost(stored, new)):
        raise ChangedElsewhere(dict(stored), names)
