"""What was given to whom, what came of it, and how the person is afterwards."""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q

from consult.fields import BlindIndexField, EncryptedJSONField, EncryptedTextField
from consult.models.booking import Appointment
from consult.models.codes import new_code
from consult.models.intake import Intake
from consult.models.people import User

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class Treatment(models.Model):
    """One treatment. Encrypted: source, route and product tell of a person's illness."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    intake = models.ForeignKey(Intake, models.PROTECT, related_name="treatments")
    appointment = models.ForeignKey(
        Appointment, models.PROTECT, null=True, blank=True, related_name="treatments"
    )
    clinician = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="treatments"
    )
    given_on = models.DateField()
    zone = models.CharField(max_length=64)  # the person's: check-ins count days by it
    # {"source", "routes", "product", "dose", "notes"}; codes as the form's questions have them
    given = EncryptedJSONField()
    lot = EncryptedTextField()
    lot_index = BlindIndexField(of="lot", purpose="lot", null=True, db_index=True)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    if TYPE_CHECKING:
        checkins: RelatedManager["CheckIn"]
        adverse_events: RelatedManager["AdverseEvent"]

    class Meta:
        indexes = [models.Index(fields=["intake", "-given_on"], name="treatment_by_intake")]

    def __str__(self) -> str:
        return f"{self.given_on:%Y-%m-%d}"


class AdverseEvent(models.Model):
    class Grade(models.IntegerChoices):
        MILD = 1, "1, mild"
        MODERATE = 2, "2, moderate"
        SEVERE = 3, "3, severe"
        LIFE_THREATENING = 4, "4, life-threatening"
        DEATH = 5, "5, death"

    class Relation(models.TextChoices):
        UNRELATED = "unrelated", "Not related"
        UNLIKELY = "unlikely", "Unlikely to be related"
        POSSIBLE = "possible", "Possibly related"
        PROBABLE = "probable", "Probably related"
        DEFINITE = "definite", "Definitely related"
        UNKNOWN = "unknown", "Not known yet"

    class Outcome(models.TextChoices):
        ONGOING = "ongoing", "Still there"
        RECOVERED = "recovered", "Recovered"
        LASTING = "lasting", "Recovered with lasting effects"
        DIED = "died", "Died"
        UNKNOWN = "unknown", "Not known"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    treatment = models.ForeignKey(Treatment, models.PROTECT, related_name="adverse_events")
    checkin = models.ForeignKey(
        "consult.CheckIn", models.PROTECT, null=True, related_name="adverse_events"
    )
    words = EncryptedTextField()
    began_on = models.DateField()
    grade = models.PositiveSmallIntegerField(choices=Grade)
    relation = models.CharField(max_length=10, choices=Relation)
    outcome = models.CharField(max_length=10, choices=Outcome)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"grade {self.grade}"


class CheckInQuerySet(models.QuerySet["CheckIn"]):
    def for_actor(self, user: User | AnonymousUser) -> "CheckInQuerySet":
        if not isinstance(user, User) or not user.is_active:
            return self.none()
        if user.is_care_team:
            return self
        return self.filter(treatment__intake__owner=user)

    def unanswered(self) -> "CheckInQuerySet":
        return self.filter(answered_at__isnull=True, cancelled_at__isnull=True)

    def due(self, now: datetime) -> "CheckInQuerySet":
        return self.unanswered().filter(due_at__lte=now)


class CheckIn(models.Model):
    """How the person is on one of the days after a treatment."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.CharField(max_length=12, unique=True, default=new_code, editable=False)
    treatment = models.ForeignKey(Treatment, models.PROTECT, related_name="checkins")
    day = models.PositiveSmallIntegerField()  # after the treatment, by the person's calendar
    due_at = models.DateTimeField()
    plan = models.CharField(max_length=20)  # the version of the questions it is asked with
    answers = EncryptedJSONField(null=True)
    result = EncryptedJSONField(null=True)  # outcome and findings, as the rules said
    answered_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    silence_at = models.DateTimeField(null=True)  # staff were asked to phone: nobody had answered

    objects = CheckInQuerySet.as_manager()

    class Meta:
        ordering = ["due_at"]
        constraints = [
            models.UniqueConstraint(fields=["treatment", "day"], name="checkin_once_per_day")
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(answered_at__isnull=True, cancelled_at__isnull=True),
                name="checkin_open",
            )
        ]

    def __str__(self) -> str:
        return self.code
