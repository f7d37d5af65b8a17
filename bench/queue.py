"""Prepares W6 in the portal: a queue of so many synthetic forms, and a clinician who reads it.

`python -m bench.queue 1000` makes up what is missing to 1,000 people and prints what to ask for
and what it costs in queries, as JSON. Most forms still wait: page 1,000 needs 50,000 of them.
"""

import json
import sys
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bench.inside import browser, queries

# isort: split
# The models need Django, which bench.inside has set up.
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

from bench import people
from consult.dashboard.listing import ROWS
from consult.management.synthetic_clinic import synthesize
from consult.models import Intake, User

DECIDED = 0.3
DEEP = 1000  # the page; where the list is shorter, its last whole one
QUEUE, SEARCH = "/staff/", "/staff/search/"
FILTERS = [
    "topic=clots",
    "topic=tumour&language=es",
    "topic=clots&language=es&country=uk",
    "topic=autoimmune&language=en&country=mexico",
    "level=high&unread=yes",
]


def main() -> None:
    for _ in synthesize(int(sys.argv[1]), seed=1, decided=DECIDED, now=timezone.now()):
        pass
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("vacuum analyze")
    json.dump(asked(reader()), sys.stdout)


def reader() -> User:
    user = User.objects.filter(groups__isnull=False).order_by("created_at", "pk")[0]
    if not user.authenticator_set.exists():
        TOTP.activate(user, generate_totp_secret())
    return user


def asked(user: User) -> dict[str, Any]:
    [cookie] = people.sign_in([user])
    client = browser()
    name, _, value = cookie.partition("=")
    client.cookies[name] = value
    deep = f"{QUEUE}?after={before_page(DEEP)}"
    filtered = [f"{QUEUE}?{one}" for one in FILTERS]
    return {
        "cookies": cookie,
        "first": QUEUE,
        "deep": deep,
        "filters": filtered,
        "searches": searches(),
        "queries": {
            "first": queries(client, QUEUE),
            "deep": queries(client, deep),
            "filters": max(queries(client, one) for one in filtered),
            "searches": search_queries(client),
        },
    }


def before_page(number: int) -> str:
    """The reference of the form after which a page begins."""
    waiting = Intake.objects.filter(state=Intake.State.SUBMITTED)
    last = min(number - 1, waiting.count() // ROWS - 1) * ROWS
    return waiting.order_by("-rank", "submitted_at", "pk")[last - 1].code


def searches() -> list[str]:
    """What somebody says on the phone."""
    one = Intake.objects.filter(state=Intake.State.SUBMITTED).order_by("submitted_at")[0]
    contact = one.contact
    return [one.code[:6], contact["email"], contact["phone"], contact["full_name"]]


def search_queries(client: Client) -> int:
    with CaptureQueriesContext(connection) as seen:
        client.post(SEARCH, {"typed": "ana aguilar"})
    return len(seen)


if __name__ == "__main__":
    main()
