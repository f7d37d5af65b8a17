"""The keys of letters: (event, person, anchor), and what takes the place of one that never left."""

from django.db.models import Q

from consult.models import Message, Status
from consult.models.messages import AGAIN


def next_key(key: str) -> str:
    """appointment:7 → appointment:7~2 → appointment:7~3"""
    first, _, number = key.partition(AGAIN)
    return f"{first}{AGAIN}{int(number or 1) + 1}"


def key_to_plan(key: str) -> str:
    """The key under which a letter is planned anew: its own, unless it was stopped before any try.

    One that was tried may have arrived; one that was sent is not written twice.
    """
    bearing = Message.objects.filter(Q(idem_key=key) | Q(idem_key__startswith=f"{key}{AGAIN}"))
    rows = list(bearing.values_list("idem_key", "status", "attempts"))
    if not rows:
        return key
    last, status, attempts = max(rows, key=lambda row: int(row[0].partition(AGAIN)[2] or 1))
    return next_key(last) if status == Status.CANCELLED and not attempts else last
