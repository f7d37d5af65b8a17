"""A process of its own that plays journeys over a few open connections, like browsers would.

Reads {"host", "port", "journeys", "count", "connections"} as JSON from standard input. A journey is
a row of requests, each {"text", "expect": [status]} and, where an answer must say something,
"says": {status: words}. In a text, `{cookies}` becomes the cookies that the answers of this journey
have set, `{token}` the one against forged requests, `{hidden:name}` what the page before it says
in its hidden field, `{length}` the length of the body. Journeys are played in turn until `count`
have been; all connections are open before the first request. Writes {"seconds", "errors",
"latencies" (milliseconds), "statuses"}.
"""

import json
import re
import selectors
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Any
from urllib.parse import quote_plus

PATIENCE = 30.0  # seconds for one answer
SET_COOKIE = re.compile(rb"\r\nset-cookie: ([^=]+)=([^;\r]*)", re.IGNORECASE)
HIDDEN = re.compile(r"\{hidden:([^}]+)\}")
Request = dict[str, Any]


@dataclass
class Asking:
    """One connection: the journey that it plays, and the answer that is coming in."""

    sock: socket.socket
    ahead: Iterator[Request] = field(default_factory=lambda: iter(()))
    request: Request = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    sent_at: float = 0.0
    received: bytearray = field(default_factory=bytearray)

    def begin(self, journey: list[Request]) -> None:
        self.ahead, self.cookies = iter(journey), {}
        self.send(next(self.ahead))

    def go_on(self) -> bool:
        """Sends the next request of the journey; False at its end."""
        request = next(self.ahead, None)
        if request is not None:
            self.send(request)
        return request is not None

    def send(self, request: Request) -> None:
        text = request["text"]
        if "{cookies}" in text:
            token = next((v for name, v in self.cookies.items() if name.endswith("csrf")), "")
            sent = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            text = text.replace("{cookies}", sent).replace("{token}", token)
        text = HIDDEN.sub(lambda found: self.hidden(found[1]), text)
        if "{length}" in text:
            text = text.replace("{length}", str(len(text.partition("\r\n\r\n")[2])))
        self.request = request
        self.received.clear()
        self.sent_at = time.perf_counter()
        self.sock.sendall(text.encode())

    def hidden(self, name: str) -> str:
        """What a browser would send back for a hidden field of the page that is open."""
        found = re.search(rb'name="%s" value="([^"]*)"' % re.escape(name).encode(), self.received)
        return quote_plus(found[1].decode()) if found else ""

    def take(self) -> int | None:
        """The status once the answer is complete, 0 if the server hung up, None while it comes."""
        piece = self.sock.recv(262_144)
        if not piece:
            return 0
        self.received += piece
        head, found, body = self.received.partition(b"\r\n\r\n")
        if not found or len(body) < length_in(head):
            return None
        for name, value in SET_COOKIE.findall(head):
            self.cookies[name.decode()] = value.decode()
        return int(head[9:12])

    def is_as_expected(self, status: int) -> bool:
        words = self.request.get("says", {}).get(str(status), "")
        return status in self.request["expect"] and words.encode() in self.received


def length_in(head: bytearray) -> int:
    if head[9:12] == b"304":
        return 0
    _, _, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.partition(b"\r\n")[0]) if rest else 0


@dataclass
class Shot:
    address: tuple[str, int]
    journeys: Iterator[list[Request]]
    selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    errors: int = 0
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    def play(self, connections: int) -> float:
        """Seconds until every journey has ended."""
        opened = [self.connect() for _ in range(connections)]
        started = time.perf_counter()
        for asking in opened:
            self.next_journey(asking)
        while self.selector.get_map():
            ready = self.selector.select(PATIENCE)
            if not ready:
                self.errors += len(self.selector.get_map())
                break
            for key, _ in ready:
                self.hear(key.data)
        return time.perf_counter() - started

    def connect(self) -> Asking:
        asking = Asking(socket.create_connection(self.address, PATIENCE))
        asking.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.selector.register(asking.sock, selectors.EVENT_READ, asking)
        return asking

    def hear(self, asking: Asking) -> None:
        status = asking.take()
        if status is None:
            return
        self.latencies.append((time.perf_counter() - asking.sent_at) * 1000)
        self.statuses[status] += 1
        as_expected = asking.is_as_expected(status)
        self.errors += not as_expected
        if status == 0:
            self.close(asking)
            asking = self.connect()
        if not (as_expected and asking.go_on()):
            self.next_journey(asking)

    def next_journey(self, asking: Asking) -> None:
        journey = next(self.journeys, None)
        if journey is None:
            self.close(asking)
        else:
            asking.begin(journey)

    def close(self, asking: Asking) -> None:
        self.selector.unregister(asking.sock)
        asking.sock.close()


def shoot(order: dict[str, Any]) -> dict[str, object]:
    journeys = islice(cycle(order["journeys"]), int(order["count"]))
    shot = Shot((str(order["host"]), int(order["port"])), journeys)
    seconds = shot.play(int(order["connections"]))
    return {
        "seconds": seconds,
        "errors": shot.errors,
        "latencies": shot.latencies,
        "statuses": shot.statuses,
    }


if __name__ == "__main__":
    json.dump(shoot(json.load(sys.stdin)), sys.stdout)
