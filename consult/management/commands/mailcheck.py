from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email

from consult.dashboard.mail_words import reason_words
from consult.followups import deliverability


class Command(BaseCommand):
    help = "What letters need to arrive: DNS records to set, TLS, names that fit. Looks up nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", help="send one test letter to this address now")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["to"] is not None:
            self.send_to(options["to"])
            return
        found = deliverability.findings()
        for one in found:
            mark = "MEND" if one.is_wrong else "    "
            words = one.words.replace("\n", "\n         ")
            self.stdout.write(f"{mark} {one.about}\n         {words}")
        if wrong := sum(one.is_wrong for one in found):
            raise CommandError(f"To be mended: {wrong}.")

    def send_to(self, address: str) -> None:
        try:
            validate_email(address)
        except ValidationError as error:
            raise CommandError(f"“{address}” is not an e-mail address.") from error
        if code := deliverability.send_test(address):
            raise CommandError(f"It was not taken ({code}). {reason_words(code)}")
        if not settings.EMAIL_PROVIDER and not settings.EMAIL_BACKEND.endswith("smtp.EmailBackend"):
            self.stdout.write("It was written to a file: EMAIL_URL is not set.")
            return
        self.stdout.write(
            "It was taken. Look at its headers there: spf=pass, dkim=pass, dmarc=pass."
        )
