"""A process of its own that asks the same thing many times over a few open connections.

Reads {"host", "port", "request", "count", "connections", "expect"} as JSON from standard input;
writes {"seconds", "errors", "latencies"} (milliseconds) to standard output.
"""

import json
import selectors
import socket
import sys
import time
from dataclasses import dataclass, field

PATIENCE = 30.0  # seconds for one answer


@dataclass
class Asking:
    """One connection, with the answer that is coming in."""

    sock: socket.socket
    sent_at: float = 0.0
    received: bytearray = field(default_factory=bytearray)

    def send(self, request: bytes) -> None:
        self.received.clear()
        self.sent_at = time.perf_counter()
        self.sock.sendall(request)

    def take(self) -> int | None:
        """The status once the answer is complete, 0 if the server hung up, None while it comes."""
        piece = self.sock.recv(262_144)
        if not piece:
            return 0
        self.received += piece
        head, found, body = self.received.partition(b"\r\n\r\n")
        if not found or len(body) < length_in(head):
            return None
        return int(head[9:12])


def length_in(head: bytearray) -> int:
    if head[9:12] == b"304":
        return 0
    _, _, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.partition(b"\r\n")[0]) if rest else 0


def shoot(order: dict[str, object]) -> dict[str, object]:
    request, expect = str(order["request"]).encode(), order["expect"]
    left, errors = int(str(order["count"])), 0
    latencies: list[float] = []
    address = str(order["host"]), int(str(order["port"]))
    selector = selectors.DefaultSelector()
    started = time.perf_counter()
    for _ in range(int(str(order["connections"]))):
        open_one(selector, address, request)
        left -= 1
    while selector.get_map():
        ready = selector.select(PATIENCE)
        if not ready:
            errors += len(selector.get_map())
            break
        for key, _ in ready:
            asking: Asking = key.data
            status = asking.take()
            if status is None:
                continue
            latencies.append((time.perf_counter() - asking.sent_at) * 1000)
            errors += status != expect
            if status == 0 or left <= 0:
                selector.unregister(asking.sock)
                asking.sock.close()
                if status == 0 and left > 0:
                    open_one(selector, address, request)
                    left -= 1
            else:
                left -= 1
                asking.send(request)
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "errors": errors, "latencies": latencies}


def open_one(selector: selectors.BaseSelector, address: tuple[str, int], request: bytes) -> None:
    asking = Asking(socket.create_connection(address, PATIENCE))
    asking.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    selector.register(asking.sock, selectors.EVENT_READ, asking)
    asking.send(request)


if __name__ == "__main__":
    json.dump(shoot(json.load(sys.stdin)), sys.stdout)
