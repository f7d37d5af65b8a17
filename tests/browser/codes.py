"""The code that a member of staff reads from their phone."""

import time

from allauth.mfa import app_settings
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)

TO_TYPE_IT = 10  # seconds that a code must still count for


def second_factor(secret: str) -> str:
    """As people do: one that is about to end is not typed any more, they wait for the next."""
    left = app_settings.TOTP_PERIOD - time.time() % app_settings.TOTP_PERIOD
    if left < TO_TYPE_IT:
        time.sleep(left)
    return str(format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time()))))
