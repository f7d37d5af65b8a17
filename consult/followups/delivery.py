"""One pass over the due letters, each recorded as soon as the mail server has answered for it.

What goes wrong with one letter stays with that letter. What goes wrong with the server ends the
pass, leaves the rest scheduled, costs them no try, and is logged once for as long as it lasts.
"""

import contextlib
import smtplib
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.db import InterfaceError, OperationalError, connection, transaction

from consult.fields import Sealed
from consult.followups import (
    as_sent,
    calls,
    outbox,
    per_day,
    provider,
    suppression,
    unheard,
    wanted,
)
from consult.followups.letters import make
from consult.followups.lines import HandedOver, Line, Lines
from consult.followups.wording import Wordings
from consult.models import Message, Status
from consult.models.messages import WAITING

BATCH = 20  # a worker that dies holds these up until its lease is over
PASS_SECONDS = 60  # after this no further letter is begun; the next pass goes on
SICK_AFTER = 2  # lost connections in a row
DATABASE_TRIES = 10
BAD_ADDRESS = "bad_address"
MARKED = WAITING | {Status.VERIFY}  # where a letter that met a sick server stands afterwards

log = structlog.get_logger("consult.outbox")
closing = threading.Event()  # set when the process ends: no further letter is begun


class UnderWay:
    """The passes of this process, so that its end can wait for the letter in each one's hands."""

    def __init__(self) -> None:
        self.passes = 0
        self.changed = threading.Condition()

    def __enter__(self) -> None:
        with self.changed:
            self.passes += 1

    def __exit__(self, *_: object) -> None:
        with self.changed:
            self.passes -= 1
            self.changed.notify_all()

    def wait_for_the_last(self, seconds: float) -> None:
        with self.changed:
            self.changed.wait_for(lambda: not self.passes, seconds)


under_way = UnderWay()


def close(*, within: float) -> None:
    """Begin no further letter in this process, and let those in hand arrive."""
    closing.set()
    under_way.wait_for_the_last(within)


@dataclass
class SendReport:
    sent: int = 0
    again: int = 0  # will be tried again
    dead: int = 0
    server: str = ""  # why the pass ended early, as a code

    def __str__(self) -> str:
        words = f"{self.sent} sent, {self.again} to try again, {self.dead} given up"
        return f"{words}; mail server: {self.server}" if self.server else words


class ServerRefuses(Exception):
    """The mail server refuses us, whatever the letter; the report says how."""


@dataclass(frozen=True)
class Ready:
    """A letter put into words; `kept` is what its row keeps of them."""

    message: Message
    email: EmailMultiAlternatives
    kept: dict[str, Sealed]


class Pass:
    def __init__(self, *, now: datetime) -> None:
        self.clock = ticking(now)
        self.began = self.clock()
        self.report = SendReport()
        self.lines = Lines(settings.OUTBOX_CONNECTIONS)
        self.arrived: list[HandedOver] = []  # and not written down yet
        self.lost: list[UUID] = []  # letters whose connections were lost, in a row
        self.wordings = Wordings()

    def run(self, *, limit: int) -> SendReport:
        with under_way:
            return self.look(limit)

    def look(self, limit: int) -> SendReport:
        unheard.resolve(self.clock)
        self.report.dead += outbox.tidy(now=self.clock())
        if not outbox.sendable(self.clock()).exists():
            return self.report
        try:
            with contextlib.suppress(ServerRefuses):
                self.free_line()  # before a letter is claimed
                self.send(limit)
        finally:
            self.finish()
        return self.report

    def send(self, limit: int) -> None:
        while limit > 0 and not self.is_over():
            self.write_down()
            batch = outbox.claim(now=self.clock(), limit=min(limit, BATCH))
            limit -= len(batch)
            if batch:
                self.hand_over_all(batch)
            elif self.lines.on_the_way:  # it may be what another letter waits for
                self.settle(self.lines.came(None))
            else:
                break

    def finish(self) -> None:
        try:
            # All of it at once: one that cannot be settled must not keep the others unwritten.
            with contextlib.suppress(ServerRefuses):  # said already
                self.settle(list(self.lines.the_rest()))
            self.write_down()
        finally:
            self.lines.close()

    def hand_over_all(self, batch: list[Message]) -> None:
        try:
            for message in batch:
                if self.is_over():
                    break
                if (letter := self.ready(message)) is not None:
                    self.hand_over(letter)
        finally:
            outbox.give_back(batch)

    def ready(self, message: Message) -> Ready | None:
        """Its mail, made while others are on their way; None if it is not to go."""
        try:
            if why := wanted.why_not(message, now=self.clock()):
                dropped(message, why=why, now=self.clock())
                return None
            if per_day.put_off(message, now=self.clock()):
                return None
            email = made(message, self.wordings)
            return Ready(message, email, as_sent.keeping(message, email))
        except Exception as error:  # a letter that cannot be made must not stop the others
            self.spoilt(message, error)
            return None

    def hand_over(self, letter: Ready) -> None:
        line = self.free_line()
        if not self.is_over() and self.begin(letter):  # the wait for a line may have been long
            self.lines.send(line, letter.message, letter.email)

    def free_line(self) -> Line:
        """Open, and nothing is on its way on it. Raises ServerRefuses."""
        while True:
            self.settle(self.lines.wait_for_room())
            if self.lines.has_room:  # still, after what came
                line = self.lines.free()
                if line.is_open or self.connect(line):
                    return line

    def begin(self, letter: Ready) -> bool:
        """One commit says what has arrived and that the next is handed over: a letter costs one."""
        tries = letter.message.attempts
        try:
            with transaction.atomic():
                for one in self.arrived:
                    outbox.sent(one.message, now=self.clock(), provider_id=one.provider_id)
                begun = outbox.begin(letter.message, now=self.clock(), **letter.kept)
        except (OperationalError, InterfaceError):
            letter.message.attempts = tries  # that commit never was
            self.write_down()
            return outbox.begin(letter.message, now=self.clock(), **letter.kept)
        self.arrived.clear()
        return begun

    def settle(self, came: list[HandedOver]) -> None:
        """Take note of what became of letters. Raises ServerRefuses where that was the fault."""
        arrived = [one for one in came if one.error is None]
        self.arrived += arrived
        self.report.sent += len(arrived)
        if arrived:
            self.lost = []
            self.lines.widen(by=len(arrived))
        for one in came:
            if one.error is not None:
                self.write_down()
                one.line.close()
                self.failed(one.message, one.error)
        if self.report.server:
            raise ServerRefuses

    def write_down(self) -> None:
        """The server has them: say so, even if the database is away for a moment."""
        while self.arrived:
            record_sent(self.arrived[0], self.clock)
            self.arrived.pop(0)

    def spoilt(self, message: Message, error: Exception) -> None:
        if isinstance(error, ValidationError):
            self.refused(message, error=BAD_ADDRESS)
        else:
            note_poison(message, error)
            self.put_off(message, error=outbox.NOT_MADE)

    def failed(self, message: Message, error: Exception) -> None:
        code = code_of(error)
        if unheard.came_through(message, error):
            self.report.sent += outbox.sent(message, now=self.clock())
        elif provider.refuses_us(error) or isinstance(error, smtplib.SMTPSenderRefused):
            self.server_refuses(code)
            outbox.blame_server(message, error=code, now=self.clock())
        elif code.startswith("smtp_5") or code == provider.RECIPIENT_REFUSED:
            self.refused(message, error=code)
        elif isinstance(error, OSError) or code.startswith("provider_"):
            if unheard.leave_open(message, error, code=code, now=self.clock()):
                self.report.again += 1
            else:
                self.put_off(message, error=code)
            self.count_lost(message, code)
        else:  # raised while the letter was put into words
            self.spoilt(message, error)

    def refused(self, message: Message, *, error: str) -> None:
        """For good: the letter ends, and an address that takes none is stopped in the end."""
        outbox.give_up(message, error=error, now=self.clock())
        self.report.dead += 1
        if error in suppression.REFUSED:
            suppression.note_bounce(message, now=self.clock())

    def put_off(self, message: Message, *, error: str) -> None:
        if outbox.retry_later(message, error=error, now=self.clock()) == Status.DEAD:
            self.report.dead += 1
        else:
            self.report.again += 1

    def count_lost(self, message: Message, code: str) -> None:
        """A server that hangs or hangs up on one letter after the other is left alone."""
        self.lost = [] if code[-3:].isdigit() else [*self.lost, message.pk]  # it has answered
        if self.lost:
            self.lines.narrow()
        if len(self.lost) >= SICK_AFTER:
            self.server_refuses(code)

    def server_refuses(self, code: str) -> None:
        if not self.report.server:
            note_outage(code, but=self.lost, now=self.clock())
        self.report.server = code

    def connect(self, line: Line) -> bool:
        """False if the server wants no further connection, beside those that it has given us."""
        self.write_down()
        try:
            line.open()
        except OSError as error:
            if self.lines.do_without(line):
                return False
            self.server_refuses(code_of(error))
            raise ServerRefuses from error
        return True

    def is_over(self) -> bool:
        return closing.is_set() or self.clock() - self.began > timedelta(seconds=PASS_SECONDS)


def made(message: Message, wordings: Wordings) -> EmailMultiAlternatives:
    validate_email(message.recipient)
    email = make(message, wordings)
    email.extra_headers |= provider.once_only(message)
    return email


@transaction.atomic
def dropped(message: Message, *, why: str, now: datetime) -> None:
    """It must not go any more: it ends, and where the plan says so somebody phones instead."""
    outbox.lock_form(message)
    rows, to = outbox.mine(message), Status.CANCELLED
    ended = outbox.end(rows, message, out_of={Status.CLAIMED}, to=to, error=why, now=now)
    if ended and why == suppression.SUPPRESSED:
        calls.instead_of(message, now=now)


def record_sent(one: HandedOver, clock: Callable[[], datetime]) -> None:
    for _ in range(DATABASE_TRIES):
        try:
            outbox.sent(one.message, now=clock(), provider_id=one.provider_id)
            return
        except (OperationalError, InterfaceError):
            connection.close()
            time.sleep(1)
    outbox.sent(one.message, now=clock(), provider_id=one.provider_id)


def note_outage(code: str, *, but: Collection[UUID], now: datetime) -> None:
    """One line in the log for as long as a waiting letter bears the mark; staff see the mark.

    `but` are the letters that bear it since this pass: they are not yet in the log.
    """
    marked = Message.objects.filter(status__in=MARKED, last_error=code)
    if marked.exclude(pk__in=but).exists():
        return
    log.error("mail server refuses", reason=code)
    first = outbox.sendable(now).values_list("pk", flat=True)[:1]
    Message.objects.filter(pk__in=list(first)).update(last_error=code)


def note_poison(message: Message, error: Exception) -> None:
    """One line in the log for all letters of a kind that cannot be made, however often tried."""
    bearing = Message.objects.filter(event=message.event, last_error=outbox.NOT_MADE)
    if not bearing.filter(status__in=outbox.UNFINISHED).exists():
        kind = type(error).__name__
        log.error("letter not made", letter=message.event, message=str(message.pk), kind=kind)


def code_of(error: Exception) -> str:
    """smtp_550, or the kind of failure. Never the server's words: they can name the person."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return f"smtp_{next(iter(error.recipients.values()))[0]}"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"smtp_{error.smtp_code}"
    return provider.code_of(error) or type(error).__name__


def ticking(now: datetime) -> Callable[[], datetime]:
    """A clock that stands at `now` and goes on from there."""
    started = time.monotonic()
    return lambda: now + timedelta(seconds=time.monotonic() - started)
