"""`manage.py mailcheck`: what letters need to arrive, and one that is sent now."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from consult.models import Message
from tests.followups.rows import letter

pytestmark = pytest.mark.django_db
SMTP = "django.core.mail.backends.smtp.EmailBackend"


@pytest.fixture
def well(settings: Any) -> Any:
    """A portal as it should be, behind a mail server of somebody's."""
    settings.EMAIL_BACKEND, settings.EMAIL_PROVIDER = SMTP, ""
    settings.EMAIL_HOST, settings.EMAIL_PORT = "smtp.example.net", 587
    settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL = True, False
    settings.SITE_URL = "https://portal.clinic.example"
    settings.DEFAULT_FROM_EMAIL = "Patient portal <portal@clinic.example>"
    return settings


def check(*words: str) -> str:
    said = StringIO()
    call_command("mailcheck", *words, stdout=said)
    return said.getvalue()


def mended() -> str:
    """What it says has to be mended, with its lines."""
    said = StringIO()
    with pytest.raises(CommandError, match=r"To be mended: 1\."):
        call_command("mailcheck", stdout=said)
    lines = said.getvalue().splitlines()
    (at,) = (number for number, line in enumerate(lines) if line.startswith("MEND"))
    return f"{lines[at][5:]}: {lines[at + 1].strip()}"


def test_it_names_each_record_and_how_to_look_at_it(well: Any) -> None:
    said = check()
    for line in (
        'TXT at clinic.example: "v=spf1 a:smtp.example.net -all"',
        "dig +short TXT clinic.example",
        "dig +short TXT SELECTOR._domainkey.clinic.example",
        '_dmarc.clinic.example: "v=DMARC1; p=none; rua=mailto:dmarc@clinic.example"',
        "dig +short TXT _dmarc.clinic.example",
        "Letters come from clinic.example and lead to portal.clinic.example.",
        "Message-IDs end in @portal.clinic.example.",
        "Letters go to smtp.example.net:587 with STARTTLS.",
        "with an address at https://portal.clinic.example.",
        "Nobody is asked",
    ):
        assert line in said
    assert "MEND" not in said


@pytest.mark.parametrize(
    ("provider", "record"),
    [
        ("mailgun", 'TXT at clinic.example: "v=spf1 include:mailgun.org ~all"'),
        ("postmark", 'CNAME at pm-bounces.clinic.example: "pm.mtasv.net"'),
        ("brevo", "Brevo sends from a domain of its own"),
    ],
)
def test_a_provider_has_records_of_its_own(well: Any, provider: str, record: str) -> None:
    well.EMAIL_PROVIDER, well.MAIL_ASK = provider, {"provider": provider, "settled": 0}
    said = check()
    assert record in said
    assert f"Letters go to {provider} by HTTPS." in said
    assert f"{provider.capitalize()} is asked what it has taken." in said


BAD = {
    "TLS: Letters go to smtp.example.net:587 without TLS": {"EMAIL_USE_TLS": False},
    "TLS: Letters are not sent: EMAIL_URL is not set.": {"EMAIL_BACKEND": "x.filebased.Backend"},
    "Sender: Letters come from other.example and lead to portal.clinic": {
        "DEFAULT_FROM_EMAIL": "portal@other.example"
    },
    "List-Unsubscribe: Letters that can be switched off": {
        "SITE_URL": "http://portal.clinic.example"
    },
}


@pytest.mark.parametrize("words", BAD)
def test_what_has_to_be_mended_is_marked_and_fails(well: Any, words: str) -> None:
    for name, value in BAD[words].items():
        setattr(well, name, value)
    assert mended().startswith(words)


def test_a_mail_server_on_this_computer_needs_no_tls(well: Any) -> None:
    well.EMAIL_HOST, well.EMAIL_USE_TLS = "127.0.0.1", False
    assert "on this computer, without TLS" in check()
    well.EMAIL_HOST, well.EMAIL_USE_SSL = "smtp.example.net", True
    assert "with TLS from the first byte" in check()


def test_letters_written_under_another_name_are_told(well: Any) -> None:
    letter(message_id="<1@old.example>")
    assert "SITE_URL names portal.clinic.example now" in check()


def test_a_test_letter_goes_at_once_and_leaves_no_row(well: Any, mail_server: Any) -> None:
    well.EMAIL_USE_TLS = False
    assert check("--to", "ana@example.org").startswith("It was taken.")
    assert mail_server.recipients == ["ana@example.org"]
    assert not Message.objects.exists()


def test_a_test_letter_that_is_refused_says_how(well: Any, mail_server: Any) -> None:
    well.EMAIL_USE_TLS = False
    words = r"It was not taken \(smtp_550\)\. There is no such mailbox"
    with pytest.raises(CommandError, match=words):
        check("--to", "gone@example.org")


def test_a_server_without_tls_is_told_from_one_that_refuses(well: Any, mail_server: Any) -> None:
    well.EMAIL_USE_TLS = True
    with pytest.raises(CommandError, match="SMTPNotSupportedError"):
        check("--to", "ana@example.org")


def test_without_a_server_a_test_letter_is_a_file(well: Any, tmp_path: Any) -> None:
    well.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    well.EMAIL_FILE_PATH = str(tmp_path)
    assert check("--to", "ana@example.org") == "It was written to a file: EMAIL_URL is not set.\n"
    assert len(list(tmp_path.iterdir())) == 1


def test_what_is_no_address_is_sent_nothing(well: Any) -> None:
    with pytest.raises(CommandError, match="“ana” is not an e-mail address"):
        check("--to", "ana")
