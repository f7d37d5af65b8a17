"""People who would take an earlier time, and the freed times that were offered to them."""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import F, Q

from consult.models.booking import Appointment, VisitType
from consult.models.codes import new_code
from consult.models.intake import Intake
from consult.models.people import User

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class WaitlistEntryQuerySet(models.QuerySet["WaitlistEntry"]):
    def waiting(self) -> "WaitlistEntryQuerySet":
        return self.filter(ended_at__isnull=True).order_by("made_at", "pk")


class WaitlistEntry(models.Model):
    """Tell me of a freed time, if it is in these days and at these times of the day."""

    class DayPart(models.TextChoices):
        ANY = "any", "Any time of the day"
        MORNING = "morning", "Mornings"
        AFTERNOON = "afternoon", "Afternoons"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    intake = models.ForeignKey(Intake, models.CASCADE, related_name="waitlist")
    visit_type = models.ForeignKey(VisitType, models.CASCADE, related_name="+")
    # Null: anybody who is free.
    clinician = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+"
    )
    first_on = models.DateField("first day")
    last_on = models.DateField("last day")
    day_part = models.CharField(max_length=10, choices=DayPart, default=DayPart.ANY)
    zone = models.CharField(max_length=64)  # the person's; the days and parts are meant in it
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)  # got a time, gave up, or the days are over

    objects = WaitlistEntryQuerySet.as_manager()

    if TYPE_CHECKING:
        offers: RelatedManager["WaitlistOffer"]

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(first_on__lte=F("last_on")), name="waitlist_ends_later"
            ),
            models.UniqueConstraint(
                fields=["intake"], condition=Q(ended_at__isnull=True), name="waitlist_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["visit_type", "made_at"],
                condition=Q(ended_at__isnull=True),
                name="waitlist_in_order",
            )
        ]

    def __str__(self) -> str:
        return f"{self.first_on} to {self.last_on}"


class WaitlistOfferQuerySet(models.QuerySet["WaitlistOffer"]):
    def for_actor(self, user: User | AnonymousUser) -> "WaitlistOfferQuerySet":
        if not isinstance(user, User) or not user.is_active:
            return self.none()
        return self if user.is_care_team else self.filter(entry__intake__owner=user)

    def open(self, now: datetime) -> "WaitlistOfferQuerySet":
        return self.filter(outcome=WaitlistOffer.Outcome.OPEN, expires_at__gt=now)


class WaitlistOffer(models.Model):
    """One freed time offered to one person until a deadline. It holds nothing: first come."""

    class Outcome(models.TextChoices):
        OPEN = "open", "Waiting for an answer"
        TAKEN = "taken", "Taken"
        DECLINED = "declined", "Not wanted"
        EXPIRED = "expired", "Not answered in time"
        GONE = "gone", "Somebody else was faster"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.CharField(max_length=12, unique=True, default=new_code, editable=False)
    entry = models.ForeignKey(WaitlistEntry, models.CASCADE, related_name="offers")
    clinician = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    starts_at = models.DateTimeField()
    offered_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.OPEN)
    answered_at = models.DateTimeField(null=True)
    appointment = models.ForeignKey(Appointment, models.SET_NULL, null=True, related_name="+")

    objects = WaitlistOfferQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["entry", "clinician", "starts_at"], name="offer_once_per_time"
            )
        ]

    def __str__(self) -> str:
        return self.code


class CalendarFeed(models.Model):
    """A clinician's secret address for calendar programs. Only a digest of the secret is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="calendar_feed"
    )
    secret_sha256 = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"made {self.made_at:%Y-%m-%d}"
