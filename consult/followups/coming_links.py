"""The address by which somebody says, from a letter and without a sign-in, that they will come.

It names the letter, never the person or the visit. It is signed with a key that stays when
SECRET_KEY is changed; whether it still holds is for the visit to say.
"""

import uuid

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from consult.models import Message


def signer() -> Signer:
    return Signer(key=settings.INDEX_KEY.hex(), fallback_keys=[], sep=".", salt="letters.coming")


def link_of(message: Message) -> str:
    token = signer().sign(message.pk.hex)
    return f"{settings.SITE_URL}{reverse('consult:coming', args=[token])}"


def letter_named(token: str) -> uuid.UUID | None:
    """The key of the letter; None for an address that we did not make."""
    try:
        return uuid.UUID(signer().unsign(token))
    except (BadSignature, ValueError):
        return None
