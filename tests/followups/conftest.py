import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from consult.followups.delivery import closing

BACKEND = "django.core.mail.backends.smtp.EmailBackend"


class MailServer:
    """Keeps what it takes. How it treats a letter is told by the recipient's name."""

    def __init__(self) -> None:
        self.kept: list[Any] = []
        self.refuse_senders = ""
        self.connections = 0
        self.most_connections = 100
        self.at_once = self.most_at_once = 0

    async def handle_EHLO(
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_MAIL(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if self.refuse_senders:
            return self.refuse_senders
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        refusals = {"gone": "550 no such person", "busy": "451 try again"}
        name = address.partition("@")[0]
        if name in refusals:
            return refusals[name]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        name = envelope.rcpt_tos[0].partition("@")[0]
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        if name in {"slow", "far"}:
            await asyncio.sleep(2 if name == "slow" else 0.1)
        self.at_once -= 1
        self.kept.append(envelope)
        if name == "drops":
            server.transport.abort()
        return "554 not wanted" if name == "unwanted" else "250 OK"

    @property
    def recipients(self) -> list[str]:
        return sorted(envelope.rcpt_tos[0] for envelope in self.kept)


class Smtp(SMTP):
    """Turns a connection away that is one too many, as servers do that are asked too much."""

    def connection_made(self, transport: Any) -> None:
        if self.event_handler.connections >= self.event_handler.most_connections:
            transport.write(b"421 too many connections\r\n")
            transport.set_protocol(asyncio.Protocol())
            transport.close()
        else:
            super().connection_made(transport)


class Listening(Controller):
    def factory(self) -> SMTP:
        return Smtp(self.handler)


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture
def mail_server(settings: Any, unused_port: int) -> Iterator[MailServer]:
    server = MailServer()
    controller = Listening(server, hostname="127.0.0.1", port=unused_port)
    controller.start()
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = BACKEND, "127.0.0.1"
    settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = unused_port, 1
    yield server
    controller.stop()


@pytest.fixture
def no_mail_server(settings: Any, unused_port: int) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = BACKEND, "127.0.0.1"
    settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = unused_port, 0.5


@pytest.fixture(autouse=True)
def _not_closing() -> Iterator[None]:
    yield
    closing.clear()
