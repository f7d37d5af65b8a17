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


ALL = (FloorPage, FloorPerson, FloorDraft, FloorVisit, FloorCell)
