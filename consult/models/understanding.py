"""What a person has understood, and what they want to ask."""

import uuid

from django.db import models

from consult.fields import EncryptedJSONField, EncryptedTextField
from consult.models.intake import Intake


class UnderstandingAnswer(models.Model):
    """One question about a page's key fact, with every attempt at it.

    Encrypted: which facts concern a person tells of their answers.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    intake = models.ForeignKey(Intake, models.CASCADE, related_name="understanding")
    position = models.PositiveSmallIntegerField()  # the order in which they are asked
    # {"check", "topic", "page", "page_version", "question", "options", "right", "passage", "url"}
    # as they were shown
    asked = EncryptedJSONField()
    attempts = EncryptedJSONField(default=list)  # [{"at", "chosen", "right"}]
    asked_at = models.DateTimeField()
    understood_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["intake", "position"], name="understanding_in_order")
        ]

    def __str__(self) -> str:
        return f"question {self.position}"


class OwnQuestion(models.Model):
    """What the person wants to ask at the consultation, in their words or picked from ours."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    intake = models.ForeignKey(Intake, models.CASCADE, related_name="own_questions")
    words = EncryptedTextField()
    suggestion = models.CharField(max_length=40, blank=True)  # the suggestion's id, if picked
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["made_at", "id"]

    def __str__(self) -> str:
        return f"asked {self.made_at:%Y-%m-%d}"
