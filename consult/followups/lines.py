"""The connections to the mail server. A server far away is handed several letters at once.

Only the handing over happens in threads of their own, and these touch no row. What became of a
letter is told to the pass, which alone writes to the database.
"""

import contextlib
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, as_completed, wait
from dataclasses import dataclass, field

from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from consult.followups import provider
from consult.models import Message

NEAR = 0.01  # seconds; a server that answers within this needs one connection


@dataclass(eq=False)
class Line:
    """One connection."""

    server: BaseEmailBackend = field(default_factory=get_connection)
    is_open: bool = False
    is_free: bool = True

    def open(self) -> None:
        """Raises OSError if there is no way to the server, or if it does not want us."""
        self.server.open()
        self.is_open = True

    def close(self) -> None:
        self.is_open = False
        with contextlib.suppress(OSError):  # it may be gone already
            self.server.close()


@dataclass(frozen=True)
class HandedOver:
    """A letter that the server has answered for, or failed to."""

    line: Line
    message: Message
    email: EmailMultiAlternatives
    error: Exception | None

    @property
    def provider_id(self) -> str:
        return provider.id_given(self.email)


class Lines:
    """At most `most` connections. There is one at first, and room for one more with each letter
    that arrived: a server that hangs is not given many before that shows."""

    def __init__(self, most: int) -> None:
        self.most, self.wide = most, 1
        self.lines = [Line()]
        self.threads = ThreadPoolExecutor(most, thread_name_prefix="mail")
        self.on_the_way: dict[Future[HandedOver], Line] = {}

    def widen(self, *, by: int) -> None:
        self.wide = min(self.wide + by, self.most)

    def narrow(self) -> None:
        self.wide = 1

    def wait_for_room(self) -> list[HandedOver]:
        """Come back when another letter may be begun, with what became of those before it."""
        came = self.came(0)
        if self.on_the_way and (not self.has_room or not self.free().is_open):
            came += self.came(NEAR)
        while not self.has_room:
            came += self.came(None)
        return came

    @property
    def has_room(self) -> bool:
        return len(self.on_the_way) < self.wide

    def free(self) -> Line:
        """An open one if there is one, else a new one."""
        idle = (line for line in self.lines if line.is_free)
        best = max(idle, key=lambda line: line.is_open, default=None)
        if best is None:
            self.lines.append(best := Line())
        return best

    def came(self, seconds: float | None) -> list[HandedOver]:
        done = wait(self.on_the_way, seconds, FIRST_COMPLETED).done
        return [self.end(one) for one in done]

    def the_rest(self) -> Iterator[HandedOver]:
        """What is still on its way, as it arrives."""
        yield from map(self.end, as_completed(list(self.on_the_way)))

    def end(self, future: Future[HandedOver]) -> HandedOver:
        self.on_the_way.pop(future).is_free = True
        return future.result()

    def send(self, line: Line, message: Message, email: EmailMultiAlternatives) -> None:
        line.is_free = False
        self.on_the_way[self.threads.submit(hand_over, line, message, email)] = line

    def do_without(self, line: Line) -> bool:
        """The server takes no further connection. False if we have no other."""
        line.close()
        others = [one for one in self.lines if one is not line and one.is_open]
        if others:
            self.lines, self.most = others, len(others)
            self.wide = min(self.wide, self.most)
        return bool(others)

    def close(self) -> None:
        self.threads.shutdown()  # first: to hang up on a letter would make nobody know of it
        for line in self.lines:
            line.close()


def hand_over(line: Line, message: Message, email: EmailMultiAlternatives) -> HandedOver:
    try:
        line.server.send_messages([email])
    except Exception as error:  # the pass judges it
        return HandedOver(line, message, email, error)
    return HandedOver(line, message, email, None)
