"""When clinicians can be seen, and who sees them when."""

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from consult.fields import EncryptedTextField
from consult.models.codes import new_code
from consult.models.intake import Intake
from consult.models.people import User
from consult.rules.openings import Visit

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

HOLD_FOR = timedelta(minutes=10)


class WeeklyHours(models.Model):
    """A clinician is open for consultations from one wall time to another, every week."""

    class Weekday(models.IntegerChoices):
        MONDAY = 0
        TUESDAY = 1
        WEDNESDAY = 2
        THURSDAY = 3
        FRIDAY = 4
        SATURDAY = 5
        SUNDAY = 6

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinician = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="weekly_hours"
    )
    weekday = models.PositiveSmallIntegerField(choices=Weekday)
    starts = models.TimeField()
    ends = models.TimeField()
    zone = models.CharField(max_length=64)

    class Meta:
        ordering = ["weekday", "starts"]
        verbose_name_plural = "weekly hours"
        constraints = [
            models.CheckConstraint(condition=Q(starts__lt=F("ends")), name="hours_end_later"),
            models.UniqueConstraint(
                fields=["clinician", "weekday", "starts"], name="hours_once_per_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.starts:%H:%M}"


class HoursChange(models.Model):
    """Days on which it is otherwise: other hours for a clinician, or closed for one or for all."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Null: the whole clinic is closed.
    clinician = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="changes"
    )
    first_on = models.DateField("first day")
    last_on = models.DateField("last day")
    starts = models.TimeField("from", null=True, blank=True)  # null: all day
    ends = models.TimeField("to", null=True, blank=True)
    zone = models.CharField(max_length=64)
    is_open = models.BooleanField("open at these hours instead", default=False)

    class Meta:
        ordering = ["first_on", "starts"]
        constraints = [
            models.CheckConstraint(
                condition=Q(first_on__lte=F("last_on")), name="change_ends_later"
            ),
            models.CheckConstraint(
                condition=Q(starts__isnull=True, ends__isnull=True, is_open=False)
                | Q(starts__lt=F("ends")),
                name="change_hours_or_all_day",
            ),
            models.CheckConstraint(
                condition=Q(clinician__isnull=False) | Q(is_open=False),
                name="change_opens_one_clinician",
            ),
        ]
        indexes = [models.Index(fields=["last_on", "first_on"], name="change_by_day")]

    def __str__(self) -> str:
        return f"{'open' if self.is_open else 'closed'} {self.first_on} to {self.last_on}"


class VisitTypeQuerySet(models.QuerySet["VisitType"]):
    def choosable(self) -> "VisitTypeQuerySet":
        """What people book or ask for themselves."""
        return self.filter(is_active=True).exclude(booked_by=VisitType.BookedBy.STAFF)


class VisitType(models.Model):
    class Mode(models.TextChoices):
        PERSON = "person", "At the clinic"
        VIDEO = "video", "By video"
        PHONE = "phone", "By phone"

    class Purpose(models.TextChoices):
        CONSULTATION = "consultation", "A consultation"
        TREATMENT = "treatment", "A treatment"

    class BookedBy(models.TextChoices):
        PATIENT = "patient", "Patients choose a time"
        REQUEST = "request", "Patients ask for a time, staff confirm it"
        STAFF = "staff", "Only staff choose a time"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=80)
    words = models.CharField("in a sentence", max_length=300, blank=True)
    purpose = models.CharField(max_length=12, choices=Purpose, default=Purpose.CONSULTATION)
    mode = models.CharField(max_length=10, choices=Mode)
    # The way into the room, where the visits share one: whoever has it can walk in.
    video_link = EncryptedTextField(null=True, blank=True)
    booked_by = models.CharField(max_length=10, choices=BookedBy, default=BookedBy.PATIENT)
    length_minutes = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(5), MaxValueValidator(480)]
    )
    before_minutes = models.PositiveSmallIntegerField(
        default=0, validators=[MaxValueValidator(240)]
    )
    after_minutes = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(240)])
    notice_hours = models.PositiveSmallIntegerField(default=24)
    horizon_days = models.PositiveSmallIntegerField(
        default=90, validators=[MinValueValidator(1), MaxValueValidator(366)]
    )
    cutoff_hours = models.PositiveSmallIntegerField(
        "change or cancel until (hours before)", default=24
    )
    per_day_limit = models.PositiveSmallIntegerField(
        "at most a day, for one clinician",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(96)],
    )
    # The place in the queue (0 to 5) from which and up to which a form may be booked for it.
    from_rank = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(5)])
    to_rank = models.PositiveSmallIntegerField(default=5, validators=[MaxValueValidator(5)])
    # Nobody listed: everybody who has hours.
    clinicians = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="visit_types"
    )
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    objects = VisitTypeQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name"]
        constraints = [
            models.CheckConstraint(condition=Q(length_minutes__gt=0), name="visit_takes_time"),
            models.CheckConstraint(
                condition=Q(from_rank__lte=F("to_rank")), name="visit_ranks_in_order"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def in_person(self) -> bool:
        return self.mode == self.Mode.PERSON

    def visit(self) -> Visit:
        return Visit(
            length=timedelta(minutes=self.length_minutes),
            before=timedelta(minutes=self.before_minutes),
            after=timedelta(minutes=self.after_minutes),
            notice=timedelta(hours=self.notice_hours),
            horizon=timedelta(days=self.horizon_days),
            per_day=self.per_day_limit,
        )


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    def for_actor(self, user: User | AnonymousUser) -> "AppointmentQuerySet":
        """Patients see their own; the care team sees all."""
        if not isinstance(user, User) or not user.is_active:
            return self.none()
        if user.is_care_team:
            return self
        return self.filter(intake__owner=user)

    def standing(self) -> "AppointmentQuerySet":
        """Booked or asked for: either way the time is theirs."""
        return self.filter(status__in=Appointment.STANDING)

    def upcoming(self, now: datetime) -> "AppointmentQuerySet":
        return self.standing().filter(ends_at__gt=now).order_by("starts_at")


class Appointment(models.Model):
    class Status(models.TextChoices):
        REQUESTED = "requested", "Asked for, to be confirmed"
        BOOKED = "booked", "Booked"
        CANCELLED = "cancelled", "Cancelled"
        ATTENDED = "attended", "Attended"
        MISSED = "missed", "Did not attend"

    STANDING = (Status.REQUESTED, Status.BOOKED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.CharField(max_length=12, unique=True, default=new_code, editable=False)
    intake = models.ForeignKey(Intake, models.PROTECT, related_name="appointments")
    clinician = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="appointments"
    )
    visit_type = models.ForeignKey(VisitType, models.PROTECT, related_name="appointments")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    zone = models.CharField(max_length=64)  # the person's when the time was chosen
    status = models.CharField(max_length=10, choices=Status, default=Status.BOOKED)
    # Who reads an older calendar file must see that it is older: it rises with every change.
    sequence = models.PositiveIntegerField(default=0)
    uid = models.UUIDField(
        unique=True, default=uuid.uuid4, editable=False
    )  # in calendars, for life
    idempotency_key = models.CharField(max_length=80, unique=True)
    phone = EncryptedTextField(default="")  # the number to call, for visits by phone
    note = EncryptedTextField(default="")  # what the person wants known beforehand
    video_link = EncryptedTextField(null=True)  # a room of its own, not its kind of visit's
    booked_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    # The person said that they will come, to this time: it is gone when the visit moves.
    confirmed_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    by_clinic = models.BooleanField(default=False)  # cancelled by the clinic, not by the person
    reason = EncryptedTextField(default="")  # why it was cancelled, if they said

    objects = AppointmentQuerySet.as_manager()

    if TYPE_CHECKING:
        cells: RelatedManager["Cell"]

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_at__lt=F("ends_at")), name="appointment_ends_later"
            ),
            models.CheckConstraint(
                condition=Q(status="cancelled", cancelled_at__isnull=False)
                | ~Q(status="cancelled") & Q(cancelled_at__isnull=True),
                name="appointment_cancelled_at_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["clinician", "starts_at"], name="appointment_by_clinician"),
            models.Index(fields=["intake", "-starts_at"], name="appointment_by_intake"),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def is_standing(self) -> bool:
        return self.status in self.STANDING

    @property
    def is_request(self) -> bool:
        return self.status == self.Status.REQUESTED

    def changeable_until(self) -> datetime:
        """After this the person has to call to move or cancel."""
        return self.starts_at - timedelta(hours=self.visit_type.cutoff_hours)


class HoldQuerySet(models.QuerySet["Hold"]):
    def for_actor(self, user: User | AnonymousUser) -> "HoldQuerySet":
        if not isinstance(user, User) or not user.is_active:
            return self.none()
        return self if user.is_care_team else self.filter(intake__owner=user)

    def expired(self, now: datetime) -> "HoldQuerySet":
        return self.filter(expires_at__lte=now)


class Hold(models.Model):
    """A time kept for somebody for ten minutes, while they fill in the rest."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    intake = models.OneToOneField(Intake, models.CASCADE, related_name="hold")
    clinician = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    visit_type = models.ForeignKey(VisitType, models.CASCADE, related_name="+")
    moves = models.ForeignKey(Appointment, models.CASCADE, null=True, related_name="+")
    starts_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    phone = EncryptedTextField(default="")  # typed before another time had to be chosen
    note = EncryptedTextField(default="")

    objects = HoldQuerySet.as_manager()

    if TYPE_CHECKING:
        cells: RelatedManager["Cell"]

    def __str__(self) -> str:
        return f"held until {self.expires_at:%H:%M}"


class TimeBlockQuerySet(models.QuerySet["TimeBlock"]):
    def between(self, starts_at: datetime, ends_at: datetime) -> "TimeBlockQuerySet":
        return self.filter(starts_at__lt=ends_at, ends_at__gt=starts_at)


class TimeBlock(models.Model):
    """A time that a clinician keeps free of visits."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinician = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="time_blocks"
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    words = models.CharField("what for", max_length=80, blank=True)  # never about a patient
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    objects = TimeBlockQuerySet.as_manager()

    if TYPE_CHECKING:
        cells: RelatedManager["Cell"]

    class Meta:
        ordering = ["starts_at"]
        constraints = [
            models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="block_ends_later")
        ]
        indexes = [models.Index(fields=["clinician", "starts_at"], name="block_by_clinician")]

    def __str__(self) -> str:
        return f"blocked from {self.starts_at:%Y-%m-%d %H:%M}"


class CellQuerySet(models.QuerySet["Cell"]):
    def kept(self, now: datetime) -> "CellQuerySet":
        """Cells that nobody else can have: a visit's, or held and not yet let go."""
        return self.filter(Q(hold__isnull=True) | Q(hold__expires_at__gt=now))


class Cell(models.Model):
    """A quarter of an hour of a clinician that is taken. That there is one of each is what makes
    double booking impossible: whoever comes second cannot insert theirs."""

    clinician = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="cells")
    starts_at = models.DateTimeField()
    appointment = models.ForeignKey(Appointment, models.CASCADE, null=True, related_name="cells")
    hold = models.ForeignKey(Hold, models.CASCADE, null=True, related_name="cells")
    block = models.ForeignKey(TimeBlock, models.CASCADE, null=True, related_name="cells")

    objects = CellQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinician", "starts_at"], name="cell_once"),
            models.CheckConstraint(
                condition=Q(appointment__isnull=False, hold__isnull=True, block__isnull=True)
                | Q(appointment__isnull=True, hold__isnull=False, block__isnull=True)
                | Q(appointment__isnull=True, hold__isnull=True, block__isnull=False),
                name="cell_belongs_to_one",
            ),
        ]
        indexes = [models.Index(fields=["starts_at"], name="cell_by_time")]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M}"
