"""One person's form, from the first answer to the clinician's decision."""

import uuid
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils import timezone

from consult.fields import BlindIndexField, EncryptedJSONField, EncryptedTextField
from consult.models.codes import new_code
from consult.models.people import Role, User

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class IntakeQuerySet(models.QuerySet["Intake"]):
    def for_actor(self, user: User | AnonymousUser) -> "IntakeQuerySet":
        """The rows that this person may see: the care team what was handed in, patients their own,
        administrators what they have opened for a reason."""
        if not isinstance(user, User) or not user.is_active:
            return self.none()
        own = Q(owner=user)
        if user.is_care_team:
            return self.filter(own | Q(submitted_at__isnull=False))
        if user.has_role(Role.ADMINISTRATOR):
            return self.filter(own | Q(pk__in=self.opened_for_a_reason(user).values("pk")))
        return self.filter(own)

    def in_lists_of(self, user: User) -> "IntakeQuerySet":
        """Those of `for_actor` that were handed in. Of these the care team sees all, so that what
        an index does not hold need not be asked: lists are counted by their index alone."""
        seen = self if user.is_active and user.is_care_team else self.for_actor(user)
        return seen.filter(submitted_at__isnull=False)

    def opened_for_a_reason(self, user: User) -> "IntakeQuerySet":
        """Those whose answers this person has opened with a reason, while that lasts."""
        opened = {"glass_broken__by": user, "glass_broken__until__gt": timezone.now()}
        return Intake.objects.filter(submitted_at__isnull=False, **opened)

    def drafts(self) -> "IntakeQuerySet":
        return self.filter(state=Intake.State.DRAFT)

    def awaiting_review(self) -> "IntakeQuerySet":
        """Highest level first; within a level the one that has waited longest."""
        return self.filter(state=Intake.State.SUBMITTED).order_by("-rank", "submitted_at", "pk")

    def reviewed(self) -> "IntakeQuerySet":
        return self.filter(state__in=[Intake.State.READY, Intake.State.ON_HOLD])

    def reachable_at(self, *email_indexes: bytes) -> "IntakeQuerySet":
        return self.filter(contact_index__in=email_indexes)


class Intake(models.Model):
    class State(models.TextChoices):
        DRAFT = "draft", "Being filled in"
        SUBMITTED = "submitted", "Waiting for review"
        ASKED = "asked", "Waiting for the person"
        ON_HOLD = "on_hold", "On hold"
        READY = "ready", "Ready to book"
        NOT_SUITABLE = "not_suitable", "Not suitable"
        WITHDRAWN = "withdrawn", "Withdrawn"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.CharField(max_length=12, unique=True, default=new_code, editable=False)
    # Null until a code sent to the address has shown that the person reads it.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="intakes"
    )
    state = models.CharField(max_length=12, choices=State, default=State.DRAFT)
    questionnaire = models.CharField(max_length=20)  # the version it is asked with
    language = models.CharField(max_length=10, default="en")
    contact = EncryptedJSONField(default=dict)
    # Who fills the form in for somebody else: {"relation", "authority", "wishes"}.
    carer = EncryptedJSONField(null=True)
    contact_index = BlindIndexField(of="contact_email", purpose="email", null=True, db_index=True)
    # The index of the address that a code has shown its person to read, beside that of the owner.
    confirmed_index = models.BinaryField(max_length=16, null=True)
    # The place in the queue, 0 to 5; what led to it stays in the encrypted assessment.
    rank = models.PositiveSmallIntegerField(default=0)
    # Codes of the urgent cards that the person has read and gone on from. Encrypted: they say what
    # was ticked.
    urgent_read = EncryptedJSONField(null=True)
    started_at = models.DateTimeField()
    saved_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="cases"
    )
    # Whether something the person wrote freely waits to be read; kept by whoever writes answers
    # or reads them, so that the queue can be filtered by it.
    has_unread_text = models.BooleanField(default=False)
    # How often the answers were handed in; each time is a Revision.
    revision = models.PositiveIntegerField(default=0)

    objects = IntakeQuerySet.as_manager()

    if TYPE_CHECKING:
        sections: RelatedManager["IntakeSection"]
        assessments: RelatedManager["Assessment"]
        decisions: RelatedManager["Decision"]
        consents: RelatedManager["Consent"]

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="draft", submitted_at__isnull=True)
                | Q(state="withdrawn")
                | ~Q(state__in=["draft", "withdrawn"]) & Q(submitted_at__isnull=False),
                name="intake_submitted_when_not_a_draft",
            ),
        ]
        indexes = [
            models.Index(
                fields=["-rank", "submitted_at", "id"],
                condition=Q(state="submitted"),
                name="intake_review_queue",
            ),
            models.Index(fields=["state", "-submitted_at"], name="intake_by_state"),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def contact_email(self) -> str:
        return str(self.contact.get("email", ""))

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT

    def answers(self) -> dict[str, Any]:
        """Every stored answer by question id, hidden ones included."""
        answers: dict[str, Any] = {}
        for section in self.sections.all():
            answers |= section.answers
        return answers

    def latest_assessment(self) -> "Assessment | None":
        return self.assessments.order_by("-made_at").first()


class IntakeSection(models.Model):
    """One step's answers in one encrypted document, so that a dump does not even show which."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    intake = models.ForeignKey(Intake, models.CASCADE, related_name="sections")
    step = models.CharField(max_length=40)
    answers = EncryptedJSONField(default=dict)
    # After sending: {"answers", "picked"}, what the person would put in its place. It counts for
    # nothing until it is handed in.
    proposed = EncryptedJSONField(null=True)
    version = models.PositiveIntegerField(default=1)
    saved_at = models.DateTimeField()

    class Meta:
        ordering = ["step"]
        constraints = [
            models.UniqueConstraint(fields=["intake", "step"], name="section_one_per_step")
        ]

    def __str__(self) -> str:
        return self.step


class Assessment(models.Model):
    """What the rules said of the answers, kept as it was said."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    intake = models.ForeignKey(Intake, models.CASCADE, related_name="assessments")
    ruleset = models.CharField(max_length=20)
    questionnaire = models.CharField(max_length=20)
    rank = models.PositiveSmallIntegerField()
    result = EncryptedJSONField()  # level, findings with their evidence, unknowns, immediate
    made_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["intake", "-made_at"], name="assessment_latest")]

    def __str__(self) -> str:
        return self.ruleset


class DecisionQuerySet(models.QuerySet["Decision"]):
    def counting(self) -> "DecisionQuerySet":
        """Those that hold: an override only once a second clinician has signed it."""
        return self.filter(Q(override="") | Q(second_at__isnull=False))

    def waiting(self) -> "DecisionQuerySet":
        """Overrides that a second clinician has still to sign or to refuse."""
        return self.exclude(override="").filter(second_at=None, refused_at=None)


class Decision(models.Model):
    """A clinician's word on a form. It is added, never changed."""

    class Kind(models.TextChoices):
        READY = "ready", "Ready to book a consultation"
        HOLD = "hold", "Keep on hold"
        NOT_SUITABLE = "not_suitable", "Not suitable"
        REOPENED = "reopened", "Opened again"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    intake = models.ForeignKey(Intake, models.CASCADE, related_name="decisions")

    class Override(models.TextChoices):
        """Why a form that the rules hold may go on all the same."""

        CHECKED = "checked", "The reason was checked and does not hold"
        PASSED = "passed", "The reason has passed since"
        SPECIALIST = "specialist", "A specialist has advised"
        TALK_ONLY = "talk_only", "For a talk only; no treatment"

    kind = models.CharField(max_length=12, choices=Kind)
    reason = EncryptedTextField()
    # “Not suitable”, in words for the person, and what they can do instead.
    words = EncryptedTextField(null=True)
    alternative = EncryptedTextField(null=True)
    override = models.CharField(max_length=12, choices=Override, blank=True)
    # Of two clinicians, the second. An override counts once they have signed.
    second_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    second_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)  # the second one did not agree
    second_words = EncryptedTextField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="decisions")
    at = models.DateTimeField()
    revision = models.PositiveIntegerField(default=0)  # the form's number when it was decided

    objects = DecisionQuerySet.as_manager()

    def __str__(self) -> str:
        return self.get_kind_display()

    @property
    def waits(self) -> bool:
        return bool(self.override) and not (self.second_at or self.refused_at)


class Consent(models.Model):
    """One agreement as it was worded when it was given or refused."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    intake = models.ForeignKey(Intake, models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=40)  # the question's id
    given = models.BooleanField()
    wording_sha256 = models.CharField(max_length=64)
    questionnaire = models.CharField(max_length=20)
    language = models.CharField(max_length=10)
    method = models.CharField(max_length=20, default="web form")
    signature = EncryptedTextField(null=True)  # the name as typed to sign
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["intake", "purpose", "-at"], name="consent_latest")]

    def __str__(self) -> str:
        return self.purpose


UNDECIDED = {Intake.State.SUBMITTED, Intake.State.WITHDRAWN}
TRANSITIONS: dict[str, Collection[str]] = {
    Intake.State.DRAFT: UNDECIDED,
    Intake.State.SUBMITTED: {
        Intake.State.READY,
        Intake.State.ON_HOLD,
        Intake.State.ASKED,
        Intake.State.NOT_SUITABLE,
        Intake.State.WITHDRAWN,
    },
    Intake.State.ASKED: UNDECIDED,
    Intake.State.ON_HOLD: {
        *UNDECIDED,
        Intake.State.READY,
        Intake.State.ASKED,
        Intake.State.NOT_SUITABLE,
    },
    Intake.State.READY: {
        *UNDECIDED,
        Intake.State.ON_HOLD,
        Intake.State.ASKED,
        Intake.State.NOT_SUITABLE,
    },
    Intake.State.NOT_SUITABLE: UNDECIDED,  # opened again, or taken back by the person
    Intake.State.WITHDRAWN: set(),
}


def may_move(intake: Intake, to: str) -> bool:
    return to in TRANSITIONS[intake.state]
