from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.mfa.utils import decrypt
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from consult.management.commands.demo import PASSWORD, STAFF
from consult.models import User


class Command(BaseCommand):
    help = "Print the demo staff's addresses, their password and their codes of this half minute."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("There is no demo staff in production.")
        print(f"Password of all: {PASSWORD}")
        for email, (name, role) in STAFF.items():
            user = User.objects.filter(email=email).first()
            if user:
                print(f"{code_of(user)}  {email:24} {role.label} ({name})")


def code_of(user: User) -> str:
    """The second-factor code that counts now."""
    stored = Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP).data["secret"]
    counter = next(yield_hotp_counters_from_time())
    return str(format_hotp_value(hotp_value(decrypt(stored), counter)))
