"""A form after it was sent: its revisions, what staff asked for, whether something has changed."""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q

from consult.fields import EncryptedJSONField
from consult.models.intake import Intake


class Revision(models.Model):
    """The answers as they were handed in. It is added, never changed."""

    class Reason(models.TextChoices):
        SENT = "sent", "Form sent"
        ASKED = "asked", "Staff asked for more"
        CHANGED = "changed", "The person told us of a change"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    intake = models.ForeignKey(Intake, models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()  # 1 is the form as it was first sent
    reason = models.CharField(max_length=10, choices=Reason)
    answers = EncryptedJSONField(default=dict)  # by question id; only what counted
    questionnaire = models.CharField(max_length=20)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["intake", "number"], name="revision_once_per_number")
        ]

    def __str__(self) -> str:
        return f"revision {self.number}"


class FollowUpRequestQuerySet(models.QuerySet["FollowUpRequest"]):
    def open(self) -> "FollowUpRequestQuerySet":
        return self.filter(closed_at__isnull=True)


class FollowUpRequest(models.Model):
    """Staff ask for more: named steps are open again, each with questions in staff's words."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    intake = models.ForeignKey(Intake, models.CASCADE, related_name="requests")
    # A list of {"step", "question", "words"}; `question` is the id beside which the words stand.
    items = EncryptedJSONField(default=list)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)  # answered, or taken back by staff
    was_answered = models.BooleanField(default=False)

    objects = FollowUpRequestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["intake"], condition=Q(closed_at__isnull=True), name="request_one_open"
            )
        ]

    def __str__(self) -> str:
        return f"asked {self.asked_at:%Y-%m-%d}"


class RecheckQuerySet(models.QuerySet["Recheck"]):
    def for_visit(self, appointment_id: uuid.UUID) -> "RecheckQuerySet":
        return self.filter(appointment_id=appointment_id)

    def since(self, instant: datetime) -> "RecheckQuerySet":
        return self.filter(answered_at__gte=instant)


class Recheck(models.Model):
    """“Has anything changed?”, answered."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    intake = models.ForeignKey(Intake, models.CASCADE, related_name="rechecks")
    appointment = models.ForeignKey(
        "consult.Appointment", models.CASCADE, null=True, related_name="rechecks"
    )
    answered_at = models.DateTimeField()
    changed = models.BooleanField()
    revision = models.PositiveIntegerField()  # the form's number after this answer
    # Something new came up that a clinician has to look at before any visit.
    raised = models.BooleanField(default=False)
    answers = EncryptedJSONField(null=True)  # what was asked before a treatment, and the answer

    objects = RecheckQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["intake", "-answered_at"], name="recheck_latest")]

    def __str__(self) -> str:
        return f"answered {self.answered_at:%Y-%m-%d}"
