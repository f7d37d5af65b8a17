"""Asks the mail provider, by a name of ours, whether it has taken a letter.

Whom to ask stands in MAIL_ASK (portal/mail.py). No address is in what we ask, and nothing of the
answer but the provider's own name for the letter leaves this module.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import requests
from django.conf import settings

from consult.models import Message

CONNECT_SECONDS, READ_SECONDS = 3, 5
WHOLE_SECONDS = 8  # from first to last byte, however slowly they come
LARGEST = 256 * 1024  # bytes of one answer
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError)


class Silent(Exception):
    """The provider cannot say now; the text is a code for the log."""


@dataclass(frozen=True, slots=True)
class Answer:
    has_it: bool
    provider_id: str = ""  # the provider's own name for it


def ask(message: Message) -> Answer:
    """Whether the provider has this letter. Raises Silent where it cannot say now.

    Shortly after a hand-over “it does not” proves nothing: see `unheard`.
    """
    found = ASKED[settings.MAIL_ASK["provider"]]
    try:
        return found(message)
    except UNREADABLE as error:
        raise Silent("unreadable") from error


def ask_mailgun(message: Message) -> Answer:
    """GET /v3/{domain}/events?message-id=…; without the angle brackets, or it finds others too."""
    name = message.message_id.strip("<>")
    way = settings.MAIL_ASK
    url = f"{way['url']}/{quote(way['domain'], safe='')}/events"
    items = fetch(url, {"message-id": name, "limit": "5"}, auth=("api", way["key"]))["items"]
    named = [one for one in items if one["message"]["headers"]["message-id"] == name]
    return answer(items, named, lambda _: message.message_id)


def ask_postmark(message: Message) -> Answer:
    """GET /messages/outbound?metadata_letter=…, which every letter of ours bears (`letters`)."""
    name, way = str(message.pk), settings.MAIL_ASK
    asked = {"count": "5", "offset": "0", "metadata_letter": name}
    headers = {"X-Postmark-Server-Token": way["key"]}
    items = fetch(f"{way['url']}/messages/outbound", asked, headers=headers)["Messages"]
    named = [one for one in items if (one.get("Metadata") or {}).get("letter") == name]
    return answer(items, named, lambda one: str(one["MessageID"]))


ASKED: dict[str, Callable[[Message], Answer]] = {
    "mailgun": ask_mailgun,
    "postmark": ask_postmark,
}


def answer(items: list[Any], named: list[Any], name_of: Callable[[Any], str]) -> Answer:
    """What it has under our name. Only others' letters: it did not understand what we asked."""
    if not isinstance(items, list) or (items and not named):
        raise Silent("unreadable")
    return Answer(has_it=bool(named), provider_id=name_of(named[0])[:120] if named else "")


def fetch(
    url: str,
    asked: dict[str, str],
    *,
    auth: tuple[str, str] | None = None,
    headers: dict[str, str] | None = None,
) -> Any:
    """What stands at an address, as JSON. Raises Silent for all else, within a few seconds."""
    try:
        with requests.get(
            url,
            params=asked,
            auth=auth,
            headers={"Accept": "application/json"} | (headers or {}),
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            allow_redirects=False,  # the key goes to nobody else
            stream=True,
        ) as response:
            if response.status_code != requests.codes.ok:
                raise Silent(f"status_{response.status_code}")
            return json.loads(bounded(response))
    except requests.RequestException as error:
        raise Silent("away") from error


def bounded(response: requests.Response) -> bytes:
    until, body = time.monotonic() + WHOLE_SECONDS, b""
    for part in response.iter_content(8192):
        body += part
        if len(body) > LARGEST or time.monotonic() > until:
            raise Silent("too_much")
    return body
