"""What was done and what was looked at, by whom. Rows are added; the database refuses the rest."""

from typing import TYPE_CHECKING, NoReturn

from django.conf import settings
from django.db import models

if TYPE_CHECKING:
    from consult.models.people import User


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    def about(self, row: models.Model) -> "AuditEventQuerySet":
        return self.filter(to_model=row._meta.label_lower, to_id=str(row.pk))

    def update(self, **_: object) -> NoReturn:
        raise TypeError("Audit events are only ever added.")

    def delete(self) -> NoReturn:
        raise TypeError("Audit events are only ever added.")


class AuditEvent(models.Model):
    at = models.DateTimeField(db_index=True)
    # DO_NOTHING: a person who has left keeps their place in the record.
    by: "models.ForeignKey[User | None]" = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        related_name="+",
    )
    did = models.CharField(max_length=60)
    to_model = models.CharField(max_length=60, blank=True)
    to_id = models.CharField(max_length=40, blank=True)
    details = models.JSONField(default=dict)  # field names, codes, counts; never an answer
    request_id = models.CharField(max_length=40, blank=True)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["to_model", "to_id", "at"], name="audit_about")]

    def __str__(self) -> str:
        return f"{self.did} {self.to_model}"

    def save(self, *args: object, **kwargs: object) -> None:
        if not self._state.adding:
            raise TypeError("Audit events are only ever added.")
        super().save(force_insert=True)

    def delete(self, *args: object, **kwargs: object) -> NoReturn:
        raise TypeError("Audit events are only ever added.")
