"""A mail provider that can be asked which letters it has, over real HTTP, in a bad mood at will."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

DOMAIN = "mg.portal.example"
OTHER = "somebody-elses@example.org"


class Asked(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Page)
        self.has: dict[str, str] = {}  # our name for a letter: its own
        self.mood = ""
        self.stumbles_over: set[str] = set()  # letters of which it can never say anything
        self.heard: list[tuple[str, dict[str, str]]] = []
        self.let_go = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def mailgun(self, *, settled: int = 0) -> dict[str, Any]:
        way = {"provider": "mailgun", "url": f"{self.url}/v3", "key": "key", "domain": DOMAIN}
        return way | {"settled": settled, "asked_for": 900}

    def postmark(self, *, settled: int = 0) -> dict[str, Any]:
        way = {"provider": "postmark", "url": self.url, "key": "token", "domain": ""}
        return way | {"settled": settled, "asked_for": 900}


class Page(BaseHTTPRequestHandler):
    server: Asked

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.server.heard.append((self.path, dict(self.headers)))
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if self.server.stumbles_over.intersection(asked.values()):
            self.say(500, b"")
        elif self.server.mood == "hang":
            self.server.let_go.wait(30)
        elif self.server.mood.isdigit():
            self.say(int(self.server.mood), b"ana@example.org is not welcome")
        elif self.server.mood:
            self.say(200, self.server.mood.encode())
        elif parts.path == f"/v3/{DOMAIN}/events":
            self.say(200, json.dumps(self.events(asked["message-id"])).encode())
        elif parts.path == "/messages/outbound":
            self.say(200, json.dumps(self.messages(asked["metadata_letter"])).encode())
        else:
            self.say(404, b"{}")

    def events(self, name: str) -> dict[str, Any]:
        found = [name] if name in self.server.has else []
        return {"items": [event_of(one) for one in found], "paging": {}}

    def messages(self, name: str) -> dict[str, Any]:
        found = [name] if name in self.server.has else []
        rows = [{"MessageID": self.server.has[one], "Metadata": {"letter": one}} for one in found]
        return {"TotalCount": len(rows), "Messages": rows}

    def say(self, status: int, body: bytes) -> None:
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def event_of(name: str) -> dict[str, Any]:
    return {"event": "accepted", "message": {"headers": {"message-id": name}}}


@contextmanager
def asked_server() -> Iterator[Asked]:
    server = Asked()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.let_go.set()
        server.shutdown()
        server.server_close()
        thread.join()
