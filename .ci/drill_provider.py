"""The mail server's second face: a provider that can be asked what it has taken, as Mailgun can."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from drill_servers import MailServer

DOMAIN = "drill.example"


class Records(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, mail: MailServer) -> None:
        super().__init__(("127.0.0.1", 0), Events)
        self.mail = mail
        self.questions = 0

    @property
    def way(self) -> str:
        """For MAIL_ASK."""
        return f"mailgun://key@{DOMAIN}?url=http://127.0.0.1:{self.server_port}/v3"


class Events(BaseHTTPRequestHandler):
    server: Records

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        if asked.path != f"/v3/{DOMAIN}/events":
            self.send_error(404)
            return
        self.server.questions += 1
        name = parse_qs(asked.query)["message-id"][0]
        taken = f"<{name}>" in self.server.mail.accepted
        event = {"event": "accepted", "message": {"headers": {"message-id": name}}}
        body = json.dumps({"items": [event] if taken else [], "paging": {}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def records(mail: MailServer) -> Iterator[Records]:
    server = Records(mail)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
