"""What has to be true around the portal for its letters to arrive: DNS, TLS, names that fit.

Nothing is looked up: each record comes with the command that shows what stands there now.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from consult.followups import delivery
from consult.models import Message

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1", "[::1]"})
TEST_SUBJECT = "Test: can letters leave?"
TEST_BODY = "This letter was sent by hand, to see whether letters leave the patient portal.\n"
# What a provider wants for SPF, by its own pages; the record's name goes before the domain.
SPF = {
    "mailgun": ("", "TXT", "v=spf1 include:mailgun.org ~all"),
    "postmark": ("pm-bounces.", "CNAME", "pm.mtasv.net"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    about: str
    words: str
    is_wrong: bool = False  # this has to be mended; else it is right, or to be looked at by hand


def findings() -> list[Finding]:
    return [*records(), *names(), way_out(), unsubscribing(), asking()]


# ------------------------------------------------------------------------------------ DNS, by hand
def records() -> Iterator[Finding]:
    domain, provider = sender_domain(), settings.EMAIL_PROVIDER
    yield spf(domain, provider)
    whose = f"{provider.capitalize()} shows" if provider else "whoever runs the mail server knows"
    yield Finding(
        "DKIM",
        f"TXT or CNAME at SELECTOR._domainkey.{domain}; {whose} selector and value.\n"
        f"{dig('TXT', f'SELECTOR._domainkey.{domain}')}",
    )
    yield Finding(
        "DMARC",
        f'TXT at _dmarc.{domain}: "v=DMARC1; p=none; rua=mailto:dmarc@{domain}" to begin with, '
        f"p=quarantine once the reports are clean.\n{dig('TXT', f'_dmarc.{domain}')}",
    )


def spf(domain: str, provider: str) -> Finding:
    if provider == "brevo":
        words = "Brevo sends from a domain of its own: DKIM alone has to fit yours."
    elif provider in SPF:
        before, kind, value = SPF[provider]
        words = f'{kind} at {before}{domain}: "{value}"\n{dig(kind, before + domain)}'
    else:
        host = settings.EMAIL_HOST
        words = (
            f'TXT at {domain}: "v=spf1 a:{host} -all", or what whoever runs {host} says. One such '
            f"record for a domain, never two.\n{dig('TXT', domain)}"
        )
    return Finding("SPF", words)


def dig(kind: str, name: str) -> str:
    return f"dig +short {kind} {name}"


# ----------------------------------------------------------------------------- what stands in here
def names() -> Iterator[Finding]:
    domain, site = sender_domain(), str(urlsplit(settings.SITE_URL).hostname)
    fit = site == domain or site.endswith(f".{domain}") or domain.endswith(f".{site}")
    words = f"Letters come from {domain} and lead to {site}."
    if not fit:
        words += " Set DEFAULT_FROM_EMAIL and SITE_URL to one domain: filters distrust two."
    yield Finding("Sender", words, is_wrong=not fit)
    newest = Message.objects.order_by("-created_at").values_list("message_id", flat=True).first()
    named = newest.strip("<>").rpartition("@")[2] if newest else site
    words = f"Message-IDs end in @{named}."
    if named != site:
        words += f" SITE_URL names {site} now; letters written from here on end in that."
    yield Finding("Message-ID", words)


def way_out() -> Finding:
    about = "TLS"
    if settings.EMAIL_PROVIDER:
        return Finding(about, f"Letters go to {settings.EMAIL_PROVIDER} by HTTPS.")
    if not settings.EMAIL_BACKEND.endswith("smtp.EmailBackend"):
        return Finding(about, "Letters are not sent: EMAIL_URL is not set.", is_wrong=True)
    where = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    if settings.EMAIL_USE_SSL or settings.EMAIL_USE_TLS:
        way = "TLS from the first byte" if settings.EMAIL_USE_SSL else "STARTTLS"
        return Finding(about, f"Letters go to {where} with {way}.")
    if settings.EMAIL_HOST in LOOPBACK:
        return Finding(about, f"Letters go to {where}, on this computer, without TLS.")
    words = f"Letters go to {where} without TLS: set EMAIL_URL to smtp+tls:// or smtp+ssl://."
    return Finding(about, words, is_wrong=True)


def unsubscribing() -> Finding:
    about, is_https = "List-Unsubscribe", settings.SITE_URL.startswith("https://")
    words = (
        "Letters that can be switched off bear it, and List-Unsubscribe-Post, with an address at "
        f"{settings.SITE_URL}. Have DKIM sign both headers."
    )
    if not is_https:
        words += " Mail programs show a button for https:// alone."
    return Finding(about, words, is_wrong=not is_https)


def asking() -> Finding:
    way = settings.MAIL_ASK
    words = (
        f"{way['provider'].capitalize()} is asked what it has taken."
        if way
        else "Nobody is asked: such a letter goes again, and may come twice (MAIL_ASK)."
    )
    return Finding("Answers that are not heard", words)


def sender_domain() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2].lower()


# ------------------------------------------------------------------------------------ a letter, now
def send_test(address: str) -> str:
    """Hand one letter to the configured server now, beside the outbox; "" if it took it, else the
    code of what went wrong. In: an address that was checked before."""
    letter = EmailMultiAlternatives(TEST_SUBJECT, TEST_BODY, to=[address])
    letter.extra_headers["Auto-Submitted"] = "auto-generated"
    server = get_connection()
    try:
        server.send_messages([letter])
    except Exception as error:  # whatever it is, it is what was asked for
        return delivery.code_of(error)
    finally:
        server.close()
    return ""
