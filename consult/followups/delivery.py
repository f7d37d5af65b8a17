"""One pass over the due letters: one connection to the mail server, each letter recorded at once.

What goes wrong with one letter stays with that letter. What goes wrong with the server ends the
pass, leaves the rest scheduled, costs them no try, and is logged once for as long as it lasts.
"""

import contextlib
import smtplib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.validators import validate_email
from django.db import InterfaceError, OperationalError, connection, transaction

from consult.followups import calls, outbox, provider, suppression, wanted
from consult.followups.letters import make
from consult.followups.wording import Wordings
from consult.models import Message, Status
from consult.models.messages import WAITING

BATCH = 10  # a batch must be handed over well within its lease
PASS_SECONDS = 60  # after this no further letter is begun; the next pass goes on
SICK_AFTER = 2  # lost connections in a row
DATABASE_TRIES = 10
BAD_ADDRESS = "bad_address"

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
    """The mail server refuses us, whatever the letter."""


class Pass:
    def __init__(self, *, now: datetime) -> None:
        self.clock = ticking(now)
        self.began = self.clock()
        self.report = SendReport()
        self.server: BaseEmailBackend = get_connection()
        self.lost = 0  # connections lost in a row
        self.wordings = Wordings()

    def run(self, *, limit: int) -> SendReport:
        with under_way:
            return self.look(limit)

    def look(self, limit: int) -> SendReport:
        self.report.dead += outbox.tidy(now=self.clock())
        if not outbox.sendable(self.clock()).exists():
            return self.report
        try:
            self.connect()
            while limit > 0 and not self.is_over():
                batch = outbox.claim(now=self.clock(), limit=min(limit, BATCH))
                if not batch:
                    break
                limit -= len(batch)
                self.hand_over_all(batch)
        except ServerRefuses as refusal:
            self.report.server = str(refusal)
        finally:
            self.hang_up()
        return self.report

    def hand_over_all(self, batch: list[Message]) -> None:
        try:
            for message in batch:
                if self.is_over():
                    break
                self.hand_over(message)
        finally:
            outbox.give_back(batch)

    def hand_over(self, message: Message) -> None:
        try:
            if why := wanted.why_not(message, now=self.clock()):
                dropped(message, why=why, now=self.clock())
                return
            email = made(message, self.wordings)
        except Exception as error:  # a letter that cannot be made must not stop the others
            self.spoilt(message, error)
            return
        self.connect()
        if not outbox.begin(message, now=self.clock()):
            return
        try:
            self.server.send_messages([email])
        except Exception as error:
            self.hang_up()
            self.failed(message, error)
        else:
            self.lost = 0
            record_sent(message, self.clock, provider_id=provider.id_given(email))
            self.report.sent += 1

    def spoilt(self, message: Message, error: Exception) -> None:
        if isinstance(error, ValidationError):
            self.refused(message, error=BAD_ADDRESS)
        else:
            note_poison(message, error)
            self.put_off(message, error=outbox.NOT_MADE)

    def failed(self, message: Message, error: Exception) -> None:
        code = code_of(error)
        if provider.refuses_us(error) or isinstance(error, smtplib.SMTPSenderRefused):
            note_outage(code, now=self.clock())
            outbox.blame_server(message, error=code, now=self.clock())
            raise ServerRefuses(code)
        if code.startswith("smtp_5") or code == provider.RECIPIENT_REFUSED:
            self.refused(message, error=code)
        elif isinstance(error, OSError) or code.startswith("provider_"):
            self.put_off(message, error=code)
            self.count_lost(code)
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

    def count_lost(self, code: str) -> None:
        """A server that hangs or hangs up on one letter after the other is left alone."""
        self.lost = 0 if code[-3:].isdigit() else self.lost + 1  # it has answered
        if self.lost >= SICK_AFTER:
            note_outage(code, now=self.clock())
            raise ServerRefuses(code)

    def connect(self) -> None:
        try:
            self.server.open()
        except OSError as error:
            note_outage(code_of(error), now=self.clock())
            raise ServerRefuses(code_of(error)) from error

    def hang_up(self) -> None:
        with contextlib.suppress(OSError):  # it may be gone already
            self.server.close()

    def is_over(self) -> bool:
        return closing.is_set() or self.clock() - self.began > timedelta(seconds=PASS_SECONDS)


def made(message: Message, wordings: Wordings) -> EmailMultiAlternatives:
    validate_email(message.recipient)
    return make(message, wordings)


@transaction.atomic
def dropped(message: Message, *, why: str, now: datetime) -> None:
    """It must not go any more: it ends, and where the plan says so somebody phones instead."""
    outbox.lock_form(message)
    rows, to = outbox.mine(message), Status.CANCELLED
    ended = outbox.end(rows, message, out_of={Status.CLAIMED}, to=to, error=why, now=now)
    if ended and why == suppression.SUPPRESSED:
        calls.instead_of(message, now=now)


def record_sent(message: Message, clock: Callable[[], datetime], *, provider_id: str) -> None:
    """The server has it: write that down even if the database is away for a moment."""
    for _ in range(DATABASE_TRIES):
        try:
            outbox.sent(message, now=clock(), provider_id=provider_id)
            return
        except (OperationalError, InterfaceError):
            connection.close()
            time.sleep(1)
    outbox.sent(message, now=clock(), provider_id=provider_id)


def note_outage(code: str, *, now: datetime) -> None:
    """One line in the log for as long as a waiting letter bears the mark; staff see the mark."""
    if Message.objects.filter(status__in=WAITING, last_error=code).exists():
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
