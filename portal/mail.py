"""EMAIL_URL and its companions: a mail server, or a mail provider that also tells what came of
each letter. A provider's way stands in EMAIL_URL too: provider://KEY@domain."""

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from portal.refusal import WillNotStart

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


def check_times(timeout: int, *, lease: int, settle: int) -> None:
    """The outbox's clocks hang together. Raises WillNotStart."""
    if timeout < 1:
        raise WillNotStart("EMAIL_TIMEOUT must be at least 1 second.")
    if lease < 15 * timeout:
        raise WillNotStart(
            "OUTBOX_LEASE_SECONDS must be at least 15 times EMAIL_TIMEOUT: a worker hands over ten "
            "letters in that time, and what it has not handed over by then another worker sends."
        )
    if settle < 2 * timeout:
        raise WillNotStart(
            "OUTBOX_SETTLE_SECONDS must be at least twice EMAIL_TIMEOUT: the last words of a "
            "worker that died may still be on the line."
        )
