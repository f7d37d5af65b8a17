"""The address by which a mail program, or the person, stops the letters that can be switched off.

It names the letter, never the person's address, and it does not expire: a letter may be found
years later. It is signed with a key that stays when SECRET_KEY is changed.
"""

import uuid

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from consult.models import Message


def signer() -> Signer:
    return Signer(key=settings.INDEX_KEY.hex(), fallback_keys=[], sep=".", salt="letters.stop")


def token_of(message: Message) -> str:
    return signer().sign(message.pk.hex)


def link_of(message: Message) -> str:
    return f"{settings.SITE_URL}{reverse('consult:letters_stop', args=[token_of(message)])}"


def letter_named(token: str) -> uuid.UUID | None:
    """The key of the letter; None for an address that we did not make."""
    try:
        return uuid.UUID(signer().unsign(token))
    except (BadSignature, ValueError):
        return None
