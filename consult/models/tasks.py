"""Something a member of staff has to do by a time. Nothing closes by itself."""

import uuid
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q

from consult.fields import EncryptedTextField
from consult.models.intake import Intake
from consult.models.people import User


class StaffTaskQuerySet(models.QuerySet["StaffTask"]):
    def for_actor(self, user: User | AnonymousUser) -> "StaffTaskQuerySet":
        if isinstance(user, User) and user.is_care_team:
            return self
        return self.none()

    def open(self) -> "StaffTaskQuerySet":
        return self.filter(done_at__isnull=True).order_by("due_at", "pk")

    def overdue(self, now: datetime) -> "StaffTaskQuerySet":
        return self.open().filter(due_at__lt=now)


class StaffTask(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    event = models.CharField(max_length=40)  # an event of the follow-up plan
    intake = models.ForeignKey(Intake, models.CASCADE, related_name="tasks")
    made_at = models.DateTimeField()
    due_at = models.DateTimeField()
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="tasks"
    )
    escalated_at = models.DateTimeField(null=True)  # overdue, and a lead clinician was told
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    what_was_done = EncryptedTextField(default="")

    objects = StaffTaskQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["event", "intake"],
                condition=Q(done_at__isnull=True),
                name="task_once_while_open",
            ),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True, done_by__isnull=True)
                | Q(done_at__isnull=False, done_by__isnull=False),
                name="task_done_by_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(done_at__isnull=True), name="task_open")
        ]

    def __str__(self) -> str:
        return self.event


class CallTry(models.Model):
    """Somebody was phoned about a task, and nobody answered."""

    class Whom(models.TextChoices):
        PERSON = "person", "The person"
        CONTACT = "contact", "The contact they named"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(StaffTask, models.CASCADE, related_name="tries")
    whom = models.CharField(max_length=10, choices=Whom)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["at"]

    def __str__(self) -> str:
        return self.whom
