"""What a talk came to, in a clinician's words for the person."""

import uuid

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models

from consult.fields import EncryptedTextField
from consult.models.booking import Appointment
from consult.models.people import User


class VisitSummaryQuerySet(models.QuerySet["VisitSummary"]):
    def for_actor(self, user: User | AnonymousUser) -> "VisitSummaryQuerySet":
        """The person reads their own, of a talk that took place; clinicians read all."""
        if not isinstance(user, User) or not user.is_active:
            return self.none()
        if user.is_clinical:
            return self
        attended = Appointment.Status.ATTENDED
        return self.filter(appointment__intake__owner=user, appointment__status=attended)


class VisitSummary(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    appointment = models.OneToOneField(Appointment, models.CASCADE, related_name="summary")
    words = EncryptedTextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)  # by the person, as it stands now

    objects = VisitSummaryQuerySet.as_manager()

    def __str__(self) -> str:
        return f"written {self.written_at:%Y-%m-%d}"
