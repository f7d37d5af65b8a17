"""`make journey`: the whole way against the processes that .ci/production.py has started.

Everything it sees, it sees from outside: pages in the browser, letters at the SMTP server. Only the
clinician is put into the database, as `createsuperuser` would do it, and at the end it reads there
what became of the letters.
"""

import mailbox
import os
import shutil
import sys
import time
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default

import django
from playwright.sync_api import sync_playwright

os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's event loop runs in this thread
django.setup()

from allauth.mfa.totp.internal.auth import (  # noqa: E402 - these need the settings
    TOTP,
    generate_totp_secret,
)

from consult.models import Message  # noqa: E402
from tests import factories  # noqa: E402
from tests.browser import codes  # noqa: E402
from tests.browser.conftest import ARGUMENTS  # noqa: E402
from tests.browser.journey import Portal, walk  # noqa: E402


def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        sys.exit("Chromium is not installed.")
    secret = generate_totp_secret()
    doctor = factories.clinician(second_factor=False)
    TOTP.activate(doctor, secret)
    portal = Portal(
        url=os.environ["PORTAL_URL"],
        letters=letters,
        staff_email=doctor.email,
        password=factories.PASSWORD,
        second_factor=lambda: codes.second_factor(secret),
    )
    started = time.monotonic()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        walk(browser, portal, factories.PERSONAS["P09"], "ingrid@example.org")
        browser.close()
    for event, status in Message.objects.order_by("created_at").values_list("event", "status"):
        print(f"{event}: {status}")
    print(f"The whole way took {time.monotonic() - started:.0f} s.")


def letters() -> list[EmailMessage]:
    """What has reached the SMTP server."""
    received = mailbox.Maildir(os.environ["PORTAL_MAIL_DIR"])
    parser = BytesParser(policy=default)
    return [parser.parsebytes(received.get_bytes(key)) for key in received.keys()]  # noqa: SIM118


if __name__ == "__main__":
    main()
