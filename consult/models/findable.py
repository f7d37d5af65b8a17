"""By what a form can be found and filtered without being read."""

from django.db import models

from consult.models.intake import Intake


class IntakeMark(models.Model):
    """A blind index of one fact about a form, such as its topic or the surname.

    The fact itself is not in the row: it is hashed with the index key, so a dump shows which
    forms share a mark, but not which mark it is.
    """

    intake = models.ForeignKey(Intake, models.CASCADE, related_name="marks")
    mark = models.BinaryField(max_length=16)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mark", "intake"], name="mark_once")]

    def __str__(self) -> str:
        return "mark"
