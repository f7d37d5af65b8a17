"""What staff write down and say while they work on a form."""

import uuid
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q

from consult.fields import EncryptedTextField
from consult.models.intake import Intake
from consult.models.people import User


class Note(models.Model):
    """For colleagues; the person reads it only in the copy of their data."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    intake = models.ForeignKey(Intake, models.CASCADE, related_name="notes")
    words = EncryptedTextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["intake", "-at"], name="note_latest")]

    def __str__(self) -> str:
        return f"note of {self.at:%Y-%m-%d}"


class TextRead(models.Model):
    """A clinician has read what the person wrote freely in one revision of the form."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    intake = models.ForeignKey(Intake, models.CASCADE, related_name="texts_read")
    question = models.CharField(max_length=60)
    revision = models.PositiveIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["intake", "question", "revision"], name="text_read_once"
            )
        ]

    def __str__(self) -> str:
        return self.question


class SavedView(models.Model):
    """A member of staff's own choice of filters of the queue, under a name."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=400)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="view_once_per_name")]

    def __str__(self) -> str:
        return self.name


class PortalMessageQuerySet(models.QuerySet["PortalMessage"]):
    def for_actor(self, user: User | AnonymousUser) -> "PortalMessageQuerySet":
        """The care team sees all; a person their own, once they are sent."""
        if not isinstance(user, User) or not user.is_active:
            return self.none()
        if user.is_care_team:
            return self
        return self.filter(intake__owner=user).exclude(sent_at__isnull=True)

    def sent(self, now: datetime) -> "PortalMessageQuerySet":
        return self.filter(sent_at__lte=now)


class PortalMessage(models.Model):
    """Staff and the person write to each other; a letter only says that something waits."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    intake = models.ForeignKey(Intake, models.CASCADE, related_name="portal_messages")
    from_staff = models.BooleanField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    words = EncryptedTextField()
    made_at = models.DateTimeField()
    # Null: a draft. In the future: sent, and can still be taken back.
    sent_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)  # by the other side

    objects = PortalMessageQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["intake", "made_at"], name="portal_message_by_intake")]

    def __str__(self) -> str:
        return f"message of {self.made_at:%Y-%m-%d}"


class MessageTemplate(models.Model):
    """Words that staff begin a message with; {first_name}, {reference} and such are filled in."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=80, unique=True)
    words = models.TextField(max_length=4000)
    is_active = models.BooleanField(default=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class GlassBroken(models.Model):
    """Somebody without the right to a form's answers opened them for a reason, for a while."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    intake = models.ForeignKey(Intake, models.CASCADE, related_name="glass_broken")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reason = EncryptedTextField()
    at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(at__lt=models.F("until")), name="glass_for_a_while")
        ]
        indexes = [models.Index(fields=["by", "intake", "-until"], name="glass_by_person")]

    def __str__(self) -> str:
        return f"until {self.until:%Y-%m-%d %H:%M}"
