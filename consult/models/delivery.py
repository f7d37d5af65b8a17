"""To whom letters may go, in which words, and what the mail provider says became of them."""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q

from consult.fields import EncryptedJSONField
from consult.models.intake import Intake
from consult.models.messages import Message


class SuppressionQuerySet(models.QuerySet["Suppression"]):
    def standing(self) -> "SuppressionQuerySet":
        return self.filter(ended_at__isnull=True)


class Suppression(models.Model):
    """An address that gets no letters, or none that can be switched off, and why."""

    class Scope(models.TextChoices):
        ALL = "all", "No letters at all"
        CARE = "care", "No letters that can be switched off"

    class Reason(models.TextChoices):
        BOUNCED = "bounced", "Two letters in a row came back"
        COMPLAINED = "complained", "A letter was marked as unwanted"
        UNSUBSCRIBED = "unsubscribed", "Switched off in the mail program"
        STAFF = "staff", "Stopped by staff"
        ASKED = "asked", "The person asked for it"
        OTHERS = "others_read", "Somebody else reads this mailbox"
        WRONG = "wrong", "It is not the person’s address"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    recipient_index = models.BinaryField(max_length=16)  # as in Message; the address is not kept
    scope = models.CharField(max_length=4, choices=Scope)
    reason = models.CharField(max_length=12, choices=Reason)
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    objects = SuppressionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["recipient_index", "scope"],
                condition=Q(ended_at__isnull=True),
                name="suppression_once_while_it_stands",
            )
        ]

    def __str__(self) -> str:
        return f"{self.scope}: {self.reason}"


class ProviderEvent(models.Model):
    """One thing the mail provider said of a letter; kept so that a replay changes nothing."""

    event_id = models.CharField(primary_key=True, max_length=200)
    kind = models.CharField(max_length=20)  # delivered, bounced, complained, unsubscribed …
    message = models.ForeignKey(Message, models.CASCADE, null=True, related_name="provider_events")
    at = models.DateTimeField()  # by the provider's clock
    came_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["message", "at"], name="provider_event_of_message")]

    def __str__(self) -> str:
        return self.kind


class LetterChoice(models.Model):
    """What one person wants of the letters that can be switched off. No row: all of them."""

    intake = models.OneToOneField(
        Intake, models.CASCADE, primary_key=True, related_name="letter_choice"
    )
    # {"off": [group]}; encrypted, since it tells whether somebody is after a treatment.
    choice = EncryptedJSONField(default=dict)
    paused_until = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return "letter choice"

    def is_paused(self, now: datetime) -> bool:
        return self.paused_until is not None and self.paused_until > now


class LetterWording(models.Model):
    """A letter's subject and first words as staff have put them. It is added, never changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    event = models.CharField(max_length=40)
    language = models.CharField(max_length=10, default="en")
    version = models.PositiveIntegerField()
    subject = models.CharField(max_length=78)
    words = models.TextField()  # plain text with {placeholders}; paragraphs parted by empty lines
    in_use = models.BooleanField(default=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["event", "language", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "language", "version"], name="wording_once_per_version"
            ),
            models.UniqueConstraint(
                fields=["event", "language"],
                condition=Q(in_use=True),
                name="wording_one_in_use",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.version}"
