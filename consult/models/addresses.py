"""An e-mail address that waits until somebody shows, with a code sent to it, that they read it."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from consult.fields import EncryptedTextField
from consult.models.intake import Intake


class AddressChange(models.Model):
    """Of one form: where its letters are to go. Of one person: what they are to sign in with.

    It counts for nothing until its code is entered; then the row is gone.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    intake = models.OneToOneField(Intake, models.CASCADE, null=True, related_name="address_change")
    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="address_change"
    )
    email = EncryptedTextField()
    code = models.CharField(max_length=128)  # hashed as passwords are
    browser = models.CharField(max_length=64)  # digest of a secret of the session that asked
    tries = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(intake__isnull=True) ^ Q(person__isnull=True),
                name="address_change_of_a_form_or_a_person",
            )
        ]

    def __str__(self) -> str:
        return "address change"
