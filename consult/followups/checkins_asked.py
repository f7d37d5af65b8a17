"""Which check-in a letter is about, and whether it is still asked when the letter would leave."""

import uuid
from datetime import datetime

from consult.models import CheckIn, Message


def code_of(message: Message) -> str:
    key = uuid.UUID(message.anchor.partition(".")[0])
    own = CheckIn.objects.filter(treatment__intake=message.intake_id)
    code: str = own.values_list("code", flat=True).get(pk=key)
    return code


def is_still_asked(message: Message, now: datetime) -> bool:
    key = uuid.UUID(message.anchor.partition(".")[0])
    return CheckIn.objects.unanswered().filter(pk=key).exists()
