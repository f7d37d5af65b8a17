"""A member of staff's busy times for their own calendar program, at an address that is a secret."""

import hashlib
import secrets
import uuid
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from consult import audit
from consult.models import Appointment, CalendarFeed, TimeBlock, User
from consult.rules.calendar import Busy, busy_calendar

PAST, AHEAD = timedelta(days=30), timedelta(days=90)
SECRET_BYTES = 32
READ_EVERY = timedelta(hours=1)  # how exactly it is known when a feed was last read


@transaction.atomic
def make(user: User, *, now: datetime) -> str:
    """A new secret for this person's feed; the old one ends. It is returned here and kept nowhere:
    the row has its digest."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    row = {"secret_sha256": digest(secret), "made_at": now, "read_at": None}
    made, is_new = CalendarFeed.objects.update_or_create(user=user, defaults=row)
    did = "made a calendar feed" if is_new else "renewed a calendar feed"
    audit.record(by=user, did=did, to=made, now=now)
    return secret


@transaction.atomic
def end(user: User, *, now: datetime) -> None:
    """Close this person's feed, if there is one."""
    for row in CalendarFeed.objects.filter(user=user):
        audit.record(by=user, did="ended a calendar feed", to=row, now=now)
        row.delete()


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def found_by(secret: str) -> CalendarFeed | None:
    """The feed of a secret, as long as its person is one of the care team. It is looked up by its
    digest, so that how long that takes says nothing of the secret."""
    rows = CalendarFeed.objects.select_related("user")
    row = rows.filter(secret_sha256=digest(secret)).first()
    return row if row and row.user.is_care_team else None


def was_read(row: CalendarFeed, *, now: datetime) -> None:
    lately = Q(read_at__gt=now - READ_EVERY)
    CalendarFeed.objects.filter(pk=row.pk).exclude(lately).update(read_at=now)


def busy_times(user: User, *, now: datetime) -> bytes:
    """Visits and blocks as “Busy”: no name, no code, no kind of visit."""
    here = {"clinician": user, "starts_at__lt": now + AHEAD, "ends_at__gt": now - PAST}
    visits = Appointment.objects.filter(**here).exclude(status=Appointment.Status.CANCELLED)
    entries = [
        Busy(busy_uid(one.uid), one.sequence, one.starts_at, one.ends_at, one.changed_at)
        for one in visits.order_by("starts_at", "pk")
    ]
    entries += [
        Busy(busy_uid(one.pk), 0, one.starts_at, one.ends_at, one.made_at)
        for one in TimeBlock.objects.filter(**here).order_by("starts_at", "pk")
    ]
    return busy_calendar(entries)


def busy_uid(of: uuid.UUID) -> str:
    """For life, like what it is made from, and no way back from it to the person's own file."""
    return str(uuid.uuid5(of, "busy"))
