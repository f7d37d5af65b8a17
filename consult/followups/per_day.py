"""At most three letters a day that can be switched off, to one address, on the person's calendar.

What the service needs is neither counted nor kept waiting. The fourth waits until nine the next
morning, and is then as late as if it had been due at that time: nothing is lost. What is worth
nothing by then, such as a reminder of a visit, goes all the same, and so does what staff send at
once.
"""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q

from consult.followups import outbox
from consult.models import AuditEvent, Message, Status
from consult.rules import followups as plan

MOST = 3
# They belong to a time of their own: a visit, or an offer that ends.
CANNOT_WAIT = frozenset({"reminder_72h", "reminder_24h", "reminder_2h", "waitlist_offer"})


def put_off(message: Message, *, now: datetime) -> bool:
    """Let a claimed letter wait for the morning if the day is full. False: it goes now."""
    if message.category != Message.Category.CARE or message.event in CANNOT_WAIT:
        return False
    morning = next_morning(message, now=now)
    ends = end_after(message, morning)
    if ends is not None and ends <= morning:
        return False
    if letters_of_the_day(message, now=now) < MOST or is_hurried(message, now=now):
        return False
    changes = {"not_before": morning, "expires_at": ends, "last_error": outbox.ENOUGH_TODAY}
    ours = outbox.mine(message)
    outbox.move(ours, out_of={Status.CLAIMED}, to=Status.SCHEDULED, **changes)
    return True


def end_after(message: Message, due: datetime) -> datetime | None:
    """When it is too late for a letter that has become due later; an end of its own stays."""
    by_the_plan = message.wall_time + plan.TOO_LATE
    return due + plan.TOO_LATE if message.expires_at == by_the_plan else message.expires_at


def letters_of_the_day(message: Message, *, now: datetime) -> int:
    """How many such letters this address has had today, those on their way among them."""
    begins, ends = day_of(message, now=now)
    left = Q(status__in=outbox.GONE, sent_at__gte=begins, sent_at__lt=ends)
    leaving = Q(status__in=[Status.SENDING, Status.VERIFY])
    index = bytes(message.recipient_index or b"")
    same = Message.objects.filter(recipient_index=index, category=Message.Category.CARE)
    return same.filter(left | leaving).exclude(pk=message.pk).count()


def is_hurried(message: Message, *, now: datetime) -> bool:
    """Whether staff have said today that it is to go at once. Asked only once the day is full."""
    begins, _ = day_of(message, now=now)
    said = AuditEvent.objects.about(message).filter(did="sent a letter at once")
    return said.filter(at__gte=begins).exists()


def day_of(message: Message, *, now: datetime) -> tuple[datetime, datetime]:
    """Midnight to midnight where the person is; not always 24 hours."""
    zone = ZoneInfo(message.zone)
    today = now.astimezone(zone).date()
    midnight = plan.at_wall_time(today, time(0), zone)
    return midnight, plan.at_wall_time(today + timedelta(days=1), time(0), zone)


def next_morning(message: Message, *, now: datetime) -> datetime:
    zone = ZoneInfo(message.zone)
    return plan.days_later(now.astimezone(zone).date(), 1, zone)
