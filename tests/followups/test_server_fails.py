"""A mail server that will not have us, and one letter among many that never goes."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from consult.followups import recovery
from consult.followups.actions import send_due
from consult.models import Message, StaffTask
from tests.factories import NOW, clinician, submitted
from tests.followups.rows import letter, now_standing, told

pytestmark = pytest.mark.django_db
SMTP = "django.core.mail.backends.smtp.EmailBackend"


@contextmanager
def running(settings: Any, port: int, **how: Any) -> Iterator[None]:
    server = Controller(object(), hostname="127.0.0.1", port=port, **how)
    server.start()
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = SMTP, "127.0.0.1", port
    settings.EMAIL_TIMEOUT = 2
    try:
        yield
    finally:
        server.stop()


def refuse(*_: Any) -> AuthResult:
    return AuthResult(success=False, handled=False)


def self_signed(folder: Path) -> ssl.SSLContext:
    """A certificate that nobody has reason to trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name)
    made = made.public_key(key.public_key()).serial_number(x509.random_serial_number())
    made = made.not_valid_before(now).not_valid_after(now + timedelta(days=1))
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, *private)
    file = folder / "server.pem"
    signed = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    file.write_bytes(pem + signed)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def fails_each_time_and_costs_nothing(code: str, caplog: Any) -> None:
    letters = [letter(recipient=f"person{n}@example.org") for n in range(3)]
    reports = [send_due(now=NOW + n * timedelta(seconds=5)) for n in range(5)]
    assert [report.server for report in reports] == [code] * 5
    assert [report.sent + report.again + report.dead for report in reports] == [0] * 5
    assert now_standing(*letters) == ["scheduled"] * 3
    assert set(Message.objects.values_list("attempts", "not_before")) == {(0, NOW)}
    assert sum("mail server refuses" in str(one.msg) for one in caplog.records) == 1


def test_a_server_that_refuses_our_password_costs_no_letter_a_try_and_is_told_once(
    settings: Any, unused_port: int, caplog: Any
) -> None:
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "portal", "wrong"
    with running(settings, unused_port, authenticator=refuse, auth_require_tls=False):
        fails_each_time_and_costs_nothing("smtp_535", caplog)


def test_a_server_without_the_tls_that_we_want_gets_no_letter_in_clear(
    settings: Any, unused_port: int, caplog: Any
) -> None:
    settings.EMAIL_USE_TLS = True
    with running(settings, unused_port):
        fails_each_time_and_costs_nothing("SMTPNotSupportedError", caplog)


def test_a_server_whose_certificate_nobody_trusts_gets_no_letter(
    settings: Any, unused_port: int, caplog: Any, tmp_path: Path
) -> None:
    settings.EMAIL_USE_TLS = True
    with running(settings, unused_port, tls_context=self_signed(tmp_path)):
        fails_each_time_and_costs_nothing("SSLCertVerificationError", caplog)


def test_one_letter_that_never_goes_holds_up_none_of_two_hundred(
    mail_server: Any, caplog: Any
) -> None:
    intake = submitted()
    Message.objects.all().delete()
    StaffTask.objects.all().delete()
    to = {"recipient": "busy@example.org", "event": "message_waiting"}
    poison = letter(intake=intake, idem_key=f"message_waiting:{intake.pk}:a", **to)
    others = [letter(recipient=f"person{n}@example.org") for n in range(199)]
    now = NOW
    for _ in range(8):
        send_due(now=now)
        poison.refresh_from_db()
        now = poison.not_before
    assert set(now_standing(*others)) == {"sent"}
    assert len(mail_server.kept) == 199
    assert (told(poison), poison.attempts) == (("dead", "smtp_451"), 8)
    assert list(StaffTask.objects.values_list("event", "intake")) == [("letter_dead", intake.pk)]
    assert sum("letters are given up" in str(one.msg) for one in caplog.records) == 1
    again = recovery.requeue(message=poison, by=clinician(), now=now)
    send_due(now=now)
    assert (now_standing(poison, again), again.recipient) == (["dead", "sent"], "ana@example.org")
