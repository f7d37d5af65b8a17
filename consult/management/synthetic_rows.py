"""Everything that is stored of a made-up person whose form came in, made without a query."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Model

from consult.fields import blind_index
from consult.followups.actions import new_row
from consult.followups.times import times
from consult.intake.consents import entry
from consult.intake.judging import LEVEL_TASKS
from consult.management import synthetic
from consult.management.synthetic_forms import FORMS, calm, form
from consult.marks import name_facts, phone_facts
from consult.models import (
    Appointment,
    Assessment,
    AuditEvent,
    Cell,
    CheckIn,
    Decision,
    Intake,
    IntakeMark,
    IntakeSection,
    Message,
    Note,
    PortalMessage,
    Revision,
    StaffTask,
    Status,
    TextRead,
    Treatment,
    User,
    VisitSummary,
    VisitType,
)
from consult.rules.clearance import HELD_LEVEL
from consult.rules.followups import days_later
from consult.rules.openings import covered
from consult.rules.promises import review_due
from consult.rules.published import load_checkins, load_questionnaire
from consult.rules.questionnaire import visible
from consult.rules.triage import rank

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
HELD = rank(HELD_LEVEL)


@dataclass
class Clinic:
    """Who decides and sees people, and which times are free."""

    clinicians: Sequence[User]
    visit_type: VisitType
    now: datetime
    free: Iterator[tuple[User, datetime]]
    decided: float  # the share of forms that somebody has decided about


@dataclass
class Person:
    """One made-up person; `rows` is what is stored of them."""

    seed: int
    number: int
    clinic: Clinic
    rows: list[Model] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = random.Random(f"{self.seed}-{self.number}")  # noqa: S311
        zone = ZoneInfo(settings.TIME_ZONE)
        today = self.clinic.now.astimezone(zone).date()
        self.form = form(self.seed, self.number % FORMS, today)
        hour, minute, second = (self.rng.randint(*one) for one in [(8, 19), (0, 59), (0, 59)])
        at = time(hour, minute, second, self.number % 10**6)
        self.came = datetime.combine(self.form.on, at, zone)
        self.clinician = self.rng.choice(self.clinic.clinicians)
        self.name = synthetic.name(self.rng)
        self.email = address(self.seed, self.number)
        self.user = User(email=self.email, full_name=self.name, password="!")  # noqa: S106 - none
        self.intake = self.made_intake()

    def made_intake(self) -> Intake:
        self.phone = f"+52 664 {self.rng.randrange(10_000_000):07}"
        self.language = self.rng.choice(["en", "es"])
        contact = {"full_name": self.name, "email": self.email, "phone": self.phone}
        return Intake(
            owner=self.user,
            state=Intake.State.SUBMITTED,
            questionnaire=load_questionnaire().version,
            contact=contact
            | {"preferred_language": self.language, "time_zone": settings.TIME_ZONE},
            rank=rank(self.form.judged.level),
            started_at=self.came - 15 * MINUTE,
            saved_at=self.came,
            submitted_at=self.came,
            has_unread_text=bool(self.form.texts),
            revision=1,
        )

    def happens(self, share: float) -> bool:
        return self.rng.random() < share

    def everything(self) -> list[Model]:
        self.rows += [self.user, self.intake]
        self.hand_in()
        self.add_task()
        self.letter("intake_received", self.came)
        if self.came < self.clinic.now - 3 * DAY and self.happens(self.clinic.decided):
            self.decide(self.came + DAY)
        return self.rows

    def hand_in(self) -> None:
        version = load_questionnaire().version
        kept = {"intake": self.intake, "questionnaire": version, "made_at": self.came}
        self.rows += [
            IntakeSection(intake=self.intake, step=step, answers=said, saved_at=self.came)
            for step, said in self.form.sections
        ]
        self.rows += [
            Revision(number=1, reason=Revision.Reason.SENT, answers=self.form.answers, **kept),
            Assessment(
                ruleset=self.form.judged.ruleset,
                rank=self.intake.rank,
                result=self.form.result,
                **kept,
            ),
            self.recorded("submitted a form", self.came, by=self.user),
        ]
        self.rows += [IntakeMark(intake=self.intake, mark=one) for one in sorted(self.marks())]
        self.agree()

    def marks(self) -> set[bytes]:
        facts = [*name_facts(self.name), *phone_facts(self.phone), ("language", self.language)]
        return {*self.form.marks, *(blind_index(purpose, value) for purpose, value in facts)}

    def agree(self) -> None:
        questionnaire = load_questionnaire()
        asked = (q for q in visible(questionnaire, self.form.answers) if q.kind == "agreement")
        self.rows += [
            entry(
                self.intake,
                questionnaire,
                one,
                given=self.form.answers.get(one.id) is True,
                signature=self.name,
                now=self.came,
            )
            for one in asked
        ]

    def add_task(self) -> None:
        level = self.form.judged.level
        if event := LEVEL_TASKS.get(level):
            zone = ZoneInfo(settings.TIME_ZONE)
            due_at = review_due(level, submitted_at=self.came, zone=zone) or self.came
            self.rows.append(
                StaffTask(event=event, intake=self.intake, made_at=self.came, due_at=due_at)
            )

    def letter(self, event: str, at: datetime, anchor: str = "") -> None:
        """One that has left already: nobody is ever written to."""
        key = f"{event}:{self.intake.pk}:{anchor}"
        self.rows.append(
            Message(
                idem_key=key,
                event=event,
                intake=self.intake,
                recipient=self.email,
                status=Status.SENT,
                attempts=1,
                sent_at=at,
                **times(at, settings.TIME_ZONE),
                **new_row(key, now=at),
            )
        )

    def recorded(self, did: str, at: datetime, *, by: User) -> AuditEvent:
        to = {"to_model": Intake._meta.label_lower, "to_id": str(self.intake.pk)}
        return AuditEvent(at=at, by=by, did=did, **to)

    # ------------------------------------------------------------------------- what staff did
    def decide(self, at: datetime) -> None:
        by, ready = self.clinician, self.intake.rank < HELD and self.happens(2 / 3)
        kind = Decision.Kind.READY if ready else Decision.Kind.HOLD
        self.intake.state = Intake.State.READY if ready else Intake.State.ON_HOLD
        self.intake.has_unread_text = False
        self.intake.assignee = by if self.happens(0.5) else None
        for row in self.rows:
            if isinstance(row, StaffTask):
                row.done_at, row.done_by, row.what_was_done = at, by, "Read, and decided."
        words = "Nothing speaks against a talk." if ready else "A letter was asked for."
        about = {"intake": self.intake, "by": by, "at": at}
        self.rows.append(Decision(kind=kind, reason=words, revision=1, **about))
        self.rows += [TextRead(question=one, revision=1, **about) for one in self.form.texts]
        self.rows.append(self.recorded("decided about a form", at, by=by))
        if self.happens(0.3):
            self.rows.append(Note(words="Spoke on the phone; prefers mornings.", **about))
        if self.happens(0.25):
            self.talk(at + DAY)
        if ready:
            self.letter("booking_invite", at)
            if self.happens(0.6):
                self.book(at)

    def talk(self, at: datetime) -> None:
        ours = "Which medicines do you take in the morning?", True, self.clinician
        theirs = "Only one, for blood pressure.", False, None
        for hours, (words, from_staff, by) in enumerate([ours, theirs]):
            sent = at + timedelta(hours=hours)
            row = PortalMessage(intake=self.intake, words=words, from_staff=from_staff, by=by)
            row.made_at = row.sent_at = sent
            row.read_at = sent + 10 * MINUTE
            self.rows.append(row)
        self.letter("message_waiting", at)

    def book(self, decided_at: datetime) -> None:
        """A visit that was, or one of the times that are still free."""
        starts = decided_at + timedelta(days=self.rng.randint(4, 30))
        starts = starts.replace(hour=self.rng.randint(9, 16), minute=0, second=0, microsecond=0)
        if starts < self.clinic.now - DAY:
            self.visit(self.clinician, starts, decided_at, past=True)
        elif free := next(self.clinic.free, None):
            self.visit(*free, decided_at, past=False)

    def visit(self, by: User, starts: datetime, booked_at: datetime, *, past: bool) -> None:
        was = Appointment.Status
        statuses = [was.ATTENDED] * 17 + [was.MISSED, was.CANCELLED, was.CANCELLED]
        status = self.rng.choice(statuses) if past else was.BOOKED
        kind = self.clinic.visit_type
        visit = Appointment(
            intake=self.intake,
            clinician=by,
            visit_type=kind,
            starts_at=starts,
            ends_at=starts + timedelta(minutes=kind.length_minutes),
            zone=settings.TIME_ZONE,
            status=status,
            idempotency_key=f"synthetic:{self.intake.pk}",
            booked_at=booked_at,
            changed_at=booked_at,
            cancelled_at=starts - DAY if status == was.CANCELLED else None,
        )
        self.rows.append(visit)
        self.letter("booking_confirmed", booked_at, visit.code)
        if not past:
            cells = covered(starts, kind.visit())
            self.rows += [Cell(clinician=by, starts_at=one, appointment=visit) for one in cells]
        elif status == was.ATTENDED:
            self.summarise(visit)
            if self.happens(0.4):
                self.treat(visit)

    def summarise(self, visit: Appointment) -> None:
        """What the talk came to, and its letter."""
        at = visit.ends_at + timedelta(hours=3)
        made = {"by": visit.clinician, "written_at": at, "changed_at": at}
        words = "We talked about the joint, and what may help without cells."
        self.rows.append(VisitSummary(appointment=visit, words=words, **made))
        self.letter("after_consultation", at, f"{visit.pk.hex}.")

    def treat(self, visit: Appointment) -> None:
        day = (visit.starts_at + 14 * DAY).date()
        if day >= self.clinic.now.date():
            return
        at = datetime.combine(day, time(12), ZoneInfo(settings.TIME_ZONE))
        given = {"source": "own_fat", "routes": ["joint"], "product": "Joint cells"}
        treatment = Treatment(
            intake=self.intake,
            clinician=visit.clinician,
            given_on=day,
            zone=settings.TIME_ZONE,
            given=given | {"dose": "", "notes": ""},
            lot=f"LOT{self.rng.randrange(500):03}",
            recorded_by=visit.clinician,
            recorded_at=at,
        )
        self.rows += [treatment, *(self.checkin(treatment, one) for one in load_checkins().days)]

    def checkin(self, treatment: Treatment, day: int) -> CheckIn:
        due_at = days_later(treatment.given_on, day, ZoneInfo(settings.TIME_ZONE))
        row = CheckIn(treatment=treatment, day=day, due_at=due_at, plan=load_checkins().version)
        if due_at < self.clinic.now - DAY and self.happens(0.8):
            row.answers, row.result = calm(day)
            row.answered_at = due_at + timedelta(hours=self.rng.randint(1, 20))
        return row


def address(seed: int, number: int) -> str:
    return f"s{seed}-{number}@synthetic.example"
