"""The outbox. A row is written in the transaction that causes the letter; nothing else is truth.

A letter is made when it is sent, from its event and current rows; what was handed over is then
kept in the row, encrypted.
"""

import uuid
from datetime import datetime

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q

from consult.fields import BlindIndexField, EncryptedJSONField, EncryptedTextField
from consult.models.intake import Intake
from consult.models.people import User


class Status(models.TextChoices):
    SCHEDULED = "scheduled", "Waiting for its time"
    HELD = "held", "Held by staff"
    CLAIMED = "claimed", "Taken by a worker"
    SENDING = "sending", "Being handed over"
    VERIFY = "verify", "Handed over, answer not heard"
    FAILED = "failed", "Failed, will be tried again"
    SENT = "sent", "Sent"
    DELIVERED = "delivered", "Delivered"
    BOUNCED = "bounced", "Bounced"
    COMPLAINED = "complained", "Marked as unwanted"
    DEAD = "dead", "Given up"
    CANCELLED = "cancelled", "Cancelled"


# The only edges there are. A claim that dies is safe to take back; a hand-over that dies is not
# known to have failed, so it goes through VERIFY. From anywhere before it to SENT: the provider
# says that it has the letter, from a hand-over whose answer was not heard.
EDGES: dict[str, frozenset[str]] = {
    Status.SCHEDULED: frozenset(
        {Status.CLAIMED, Status.CANCELLED, Status.HELD, Status.DEAD, Status.SENT}
    ),
    Status.HELD: frozenset({Status.SCHEDULED, Status.CANCELLED, Status.SENT}),
    Status.CLAIMED: frozenset(
        {
            Status.SENDING,
            Status.SCHEDULED,
            Status.CANCELLED,
            Status.HELD,
            Status.DEAD,
            Status.SENT,
        }
    ),
    Status.SENDING: frozenset({Status.SENT, Status.FAILED, Status.VERIFY, Status.DEAD}),
    Status.VERIFY: frozenset({Status.SENT, Status.FAILED, Status.HELD}),
    Status.FAILED: frozenset(
        {Status.CLAIMED, Status.CANCELLED, Status.HELD, Status.DEAD, Status.SENT}
    ),
    Status.SENT: frozenset({Status.DELIVERED, Status.BOUNCED, Status.COMPLAINED}),
    Status.DELIVERED: frozenset({Status.BOUNCED, Status.COMPLAINED}),  # some come back late
    Status.BOUNCED: frozenset(),
    Status.COMPLAINED: frozenset(),
    Status.DEAD: frozenset(),
    Status.CANCELLED: frozenset(),
}
WAITING = frozenset({Status.SCHEDULED, Status.FAILED})
PENDING = WAITING | {Status.CLAIMED}  # still stoppable
AGAIN = "~"  # in the key of a letter that staff send again: before it the dead one's key
FINISHED = frozenset(status for status, onward in EDGES.items() if not onward)


class MessageQuerySet(models.QuerySet["Message"]):
    def for_actor(self, user: User | AnonymousUser) -> "MessageQuerySet":
        if not isinstance(user, User) or not user.is_active:
            return self.none()
        if user.is_care_team:
            return self
        return self.filter(intake__owner=user)

    def due(self, now: datetime) -> "MessageQuerySet":
        return self.filter(status__in=WAITING, not_before__lte=now).order_by("not_before", "pk")

    def about(self, intake: Intake) -> "MessageQuerySet":
        return self.filter(intake=intake).order_by("created_at", "pk")


OfMessages = models.Manager.from_queryset(MessageQuerySet)


class MessageManager(OfMessages["Message"]):
    """The words of letters are fetched where they are read; no list or worker carries them."""

    def get_queryset(self) -> MessageQuerySet:
        return MessageQuerySet(self.model, using=self._db).defer("as_sent")


class Message(models.Model):
    class Category(models.TextChoices):
        SERVICE = "service", "Needed for the service"
        CARE = "care", "Follow-up, can be switched off"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # (event, person, anchor): the same letter is never written twice.
    idem_key = models.CharField(max_length=160, unique=True)
    event = models.CharField(max_length=40)  # an event of the follow-up plan, or a sign-in letter
    category = models.CharField(max_length=10, choices=Category, default=Category.SERVICE)
    language = models.CharField(max_length=10, default="en")
    intake = models.ForeignKey(Intake, models.CASCADE, null=True, related_name="messages")
    recipient = EncryptedTextField()
    recipient_index = BlindIndexField(of="recipient", purpose="email", db_index=True)
    values = EncryptedJSONField(default=dict)  # what only this letter knows, e.g. a sign-in code

    status = models.CharField(max_length=10, choices=Status, default=Status.SCHEDULED)
    # What was meant: an instant, or, where `wall_clock` has one, the time that the clocks of `zone`
    # show (2027-03-09T09:00:00), of which `wall_time` is the instant by the rules known so far.
    wall_time = models.DateTimeField()
    # Null and not "": to add any other column SQLite makes the table anew, without its trigger.
    wall_clock = models.CharField(max_length=19, null=True)  # noqa: DJ001
    zone = models.CharField(max_length=64)
    not_before = models.DateTimeField()  # when it may go; moves on with retries
    expires_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    claim_token = models.UUIDField(null=True)
    lease_expires_at = models.DateTimeField(null=True)
    message_id = models.CharField(max_length=120, unique=True)  # fixed before the first try
    provider_id = models.CharField(max_length=120, blank=True)
    last_error = models.CharField(max_length=60, blank=True)  # a code; never the server's text
    # The version of staff's own wording that it was sent with; null if it was the portal's.
    wording = models.PositiveIntegerField(null=True)
    # Subject, text and files as handed over at the last try; never of a letter with a secret.
    as_sent = EncryptedJSONField(null=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    outcome_at = models.DateTimeField(null=True)

    objects = MessageManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=[s.value for s in Status]), name="message_known_status"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["claimed", "sending"])
                | Q(claim_token__isnull=False, lease_expires_at__isnull=False),
                name="message_claim_has_a_lease",
            ),
        ]
        indexes = [
            models.Index(
                fields=["not_before", "id"],
                condition=Q(status__in=["scheduled", "failed"]),
                name="message_due",
            ),
            models.Index(
                fields=["lease_expires_at"],
                condition=Q(status__in=["claimed", "sending", "verify"]),
                name="message_lease",
            ),
            models.Index(fields=["-created_at", "-id"], name="message_newest"),
            models.Index(fields=["not_before"], name="message_day"),
        ]

    def __str__(self) -> str:
        return self.event

    @property
    def anchor(self) -> str:
        """What the letter is about, beside the form; the same for a letter that goes again."""
        return self.idem_key.rpartition(":")[2].partition(AGAIN)[0]
