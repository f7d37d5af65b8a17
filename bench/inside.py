"""Django as the portal sets it up, for the scripts that make what is measured."""

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()


def browser() -> Client:
    return Client(headers={"host": urlsplit(settings.SITE_URL).netloc})


def queries(client: Client, address: str) -> int:
    for _ in range(2):  # the second time: what is asked once is not counted
        with CaptureQueriesContext(connection) as seen:
            response = client.get(address)
    if response.status_code != 200:
        sys.exit(f"{address} answered {response.status_code}.")
    return len(seen)


def cookies(client: Client) -> str:
    return "; ".join(f"{name}={one.value}" for name, one in client.cookies.items())
