"""EMAIL_URL and its companions: a mail server, or a mail provider that also tells what came of
each letter. A provider's way stands in EMAIL_URL too: provider://KEY@domain."""

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from portal.refusal import WillNotStart

ASK_BY_ITSELF = "provider"  # MAIL_ASK: the provider that EMAIL_URL names
# Whom one can ask for a letter by a name of ours, and for how many seconds after a hand-over “not
# there” proves nothing. Mailgun: its manual on polling events trusts what is half an hour old.
# Postmark: nothing is written about it; five minutes are our own margin.
ASKABLE = {"mailgun": 1800, "postmark": 300}
ASK_FOR = 900  # seconds that a provider which cannot say is asked again; then the letter goes again
# A header that keeps a provider from taking the same letter twice, and for how many seconds.
# Brevo: 15 minutes in its changelog, 30 in its guide. Resend: 24 hours.
ONCE_ONLY = {
    "brevo": ("idempotencyKey", 900),
    "smtp.resend.com": ("Resend-Idempotency-Key", 86_400),
}
ROUND = 120  # seconds within which a worker surely takes up what has settled

SHORTEST_SECRET = 20  # characters of the password that the provider signs in with here
# Which of anymail's settings hold the key, the domain and the key that signs what it posts.
PROVIDERS = {
    "brevo": {"key": "BREVO_API_KEY"},
    "mailgun": {
        "key": "MAILGUN_API_KEY",
        "domain": "MAILGUN_SENDER_DOMAIN",
        "signing": "MAILGUN_WEBHOOK_SIGNING_KEY",
    },
    "postmark": {"key": "POSTMARK_SERVER_TOKEN"},
}


def provider_of(email_url: str) -> str:
    """The provider that EMAIL_URL names; "" where it names a mail server."""
    scheme = urlsplit(email_url).scheme
    return scheme if scheme in PROVIDERS else ""


def provider_settings(email_url: str, *, timeout: int) -> dict[str, Any]:
    """Django's settings for letters through a provider's own way in. Raises WillNotStart."""
    parts, provider = urlsplit(email_url), provider_of(email_url)
    names = PROVIDERS[provider]
    key = unquote(parts.username or "")
    anymail: dict[str, Any] = {"REQUESTS_TIMEOUT": timeout, names["key"]: key}
    if not key:
        raise WillNotStart(f"EMAIL_URL must hold the key of {provider}: {provider}://KEY@domain.")
    if "domain" in names:
        anymail[names["domain"]] = parts.hostname or ""
        if not parts.hostname:
            raise WillNotStart(f"EMAIL_URL must name the domain: {provider}://KEY@domain.")
    if url := parse_qs(parts.query).get("url"):  # another region, such as Europe
        anymail[f"{provider.upper()}_API_URL"] = url[0]
    return {"EMAIL_BACKEND": f"anymail.backends.{provider}.EmailBackend", "ANYMAIL": anymail}


def webhook_settings(
    provider: str, *, secret: str, signing_key: str, needed: bool
) -> dict[str, str]:
    """What proves that a post comes from the provider; empty: nothing is listened to.

    Raises WillNotStart for what would be open to everybody, or would never be asked for.
    """
    if not secret and not signing_key:
        if provider and needed:
            raise WillNotStart(
                "Set EMAIL_WEBHOOK_SECRET in the environment, like name:password: without it "
                "nobody hears of letters that come back."
            )
        return {}
    if not provider:
        raise WillNotStart("EMAIL_WEBHOOK_SECRET is set, but EMAIL_URL names no mail provider.")
    name, _, password = secret.partition(":")
    if not name or len(password) < SHORTEST_SECRET or "change-me" in secret:
        raise WillNotStart(
            "EMAIL_WEBHOOK_SECRET must be like name:password, the password at least "
            f"{SHORTEST_SECRET} characters long."
        )
    signing = PROVIDERS[provider].get("signing")
    if signing and not signing_key:
        raise WillNotStart(f"Set EMAIL_WEBHOOK_SIGNING_KEY: {provider} signs what it posts.")
    return {"WEBHOOK_SECRET": secret} | ({signing: signing_key} if signing else {})


def connections(most: int) -> int:
    """How many letters a pass has on their way at once, at most. Raises WillNotStart."""
    if most < 1:
        raise WillNotStart("OUTBOX_CONNECTIONS must be at least 1.")
    return most


def check_times(timeout: int, *, lease: int, settle: int) -> None:
    """The outbox's clocks hang together. Raises WillNotStart."""
    if timeout < 1:
        raise WillNotStart("EMAIL_TIMEOUT must be at least 1 second.")
    if lease < 15 * timeout:
        raise WillNotStart(
            "OUTBOX_LEASE_SECONDS must be at least 15 times EMAIL_TIMEOUT: a worker begins no "
            "letter in the last fifth of that time, and what it has not begun another worker sends."
        )
    if settle < 2 * timeout:
        raise WillNotStart(
            "OUTBOX_SETTLE_SECONDS must be at least twice EMAIL_TIMEOUT: the last words of a "
            "worker that died may still be on the line."
        )


# ---------------------------------------------------------- letters whose answer was not heard
def ask_settings(way: str, email_url: str, *, settled_by: str = "") -> dict[str, Any]:
    """How to ask whether a letter was taken; empty: nobody is asked, it goes again. Raises
    WillNotStart.

    In: MAIL_ASK, EMAIL_URL, and MAIL_ASK_SETTLED_SECONDS where it replaces what ASKABLE says.
    Out: provider, url, key, domain (Mailgun alone), settled and asked_for (seconds).
    """
    if not way:
        return {}
    address = email_url if way == ASK_BY_ITSELF else way
    provider = provider_of(address)
    if provider not in ASKABLE:
        raise WillNotStart(
            "MAIL_ASK must be “provider” where EMAIL_URL names postmark or mailgun, or like "
            "mailgun://KEY@domain where letters go to Mailgun by SMTP. Nobody else can be asked; "
            "leave it empty, and a letter whose answer was not heard goes again."
        )
    if provider == "postmark" and provider_of(email_url) != "postmark":
        raise WillNotStart(
            "MAIL_ASK: Postmark knows our names of letters only where EMAIL_URL names it too."
        )
    if settled_by and not settled_by.isdecimal():
        raise WillNotStart("MAIL_ASK_SETTLED_SECONDS must be a number of seconds.")
    anymail = provider_settings(address, timeout=1)["ANYMAIL"]
    names = PROVIDERS[provider]
    usual = {"mailgun": "https://api.mailgun.net/v3", "postmark": "https://api.postmarkapp.com"}
    return {
        "provider": provider,
        "url": str(anymail.get(f"{provider.upper()}_API_URL", usual[provider])).rstrip("/"),
        "key": anymail[names["key"]],
        "domain": anymail.get(names.get("domain", ""), ""),
        "settled": int(settled_by) if settled_by else ASKABLE[provider],
        "asked_for": ASK_FOR,
    }


def once_only_header(email_url: str, *, again_after: int) -> str:
    """The header in which this way of sending takes a letter's key; "" where it takes none.

    Raises WillNotStart where a letter could go again after the provider has forgotten its key.
    """
    through = provider_of(email_url) or urlsplit(email_url).hostname or ""
    header, life = ONCE_ONLY.get(through, ("", 0))
    if header and again_after + ROUND > life:
        raise WillNotStart(
            f"OUTBOX_LEASE_SECONDS and OUTBOX_SETTLE_SECONDS must be less than {life - ROUND} "
            "together: that long the mail provider knows that it has a letter already."
        )
    return header
