"""The rows of the floors: nothing but what the workload itself needs."""

from django.db import models


class FloorPage(models.Model):
    slug = models.SlugField(unique=True)
    title = models.TextField()
    blocks = models.JSONField()

    class Meta:
        app_label = "bench"

    def __str__(self) -> str:
        return self.title


class FloorPerson(models.Model):
    token = models.CharField(max_length=32, unique=True)

    class Meta:
        app_label = "bench"

    def __str__(self) -> str:
        return self.token


class FloorDraft(models.Model):
    """One row holds all answers of one form."""

    token = models.CharField(max_length=32, unique=True)
    answers = models.JSONField(default=dict)
    is_sent = models.BooleanField(default=False)

    class Meta:
        app_label = "bench"

    def __str__(self) -> str:
        return self.token


class FloorVisit(models.Model):
    person = models.ForeignKey(FloorPerson, models.PROTECT)
    clinician = models.PositiveIntegerField()
    starts_at = models.DateTimeField()

    class Meta:
        app_label = "bench"

    def __str__(self) -> str:
        return f"{self.starts_at}"


class FloorCell(models.Model):
    """A quarter of an hour of a clinician, which can be taken once."""

    visit = models.ForeignKey(FloorVisit, models.CASCADE)
    clinician = models.PositiveIntegerField()
    starts_at = models.DateTimeField()

    class Meta:
        app_label = "bench"
        constraints = [
            models.UniqueConstraint(fields=["starts_at", "clinician"], name="floor_cell_once")
        ]

    def __str__(self) -> str:
        return f"{self.starts_at}"


class FloorCase(models.Model):
    """A row of a queue, with all that its page shows, in clear; an index covers each list."""

    code = models.CharField(max_length=10, unique=True)
    name = models.CharField(max_length=60)
    topic = models.PositiveSmallIntegerField()
    rank = models.PositiveSmallIntegerField()
    sent_at = models.DateTimeField()
    words = models.CharField(max_length=120)

    class Meta:
        app_label = "bench"
        indexes = [
            models.Index(
                fields=["-rank", "sent_at", "id"],
                include=["code", "words"],
                name="floor_queue",
            ),
            models.Index(
                fields=["topic", "-rank", "sent_at", "id"],
                include=["code", "words"],
                name="floor_topic",
            ),
            models.Index(fields=["name"], name="floor_name"),
        ]

    def __str__(self) -> str:
        return self.code


ALL = (FloorPage, FloorPerson, FloorDraft, FloorVisit, FloorCell, FloorCase)
