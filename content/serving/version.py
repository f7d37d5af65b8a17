"""One token that is new after every change that readers can see, and how each process learns it.

The row is written in the transaction that makes the change, so that both are seen at once or not
at all. A process asks for it at most once in `settings.CONTENT_LOOK_SECONDS`; what it keeps hangs
on the version that it was made from and goes with it.
"""

import time
import uuid
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from threading import Lock, local
from typing import Any, TypeVar

from django.conf import settings
from django.db import DatabaseError, models, transaction
from django.utils import timezone

from content.serving.kept import Kept

T = TypeVar("T")
THE_ROW = 1
STARTED_AT = datetime.now(UTC)  # a new start may bring new templates


class ContentVersion(models.Model):
    token = models.CharField(max_length=32)
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.token


class Version:
    """A version of everything readers see, and what this process has made from it."""

    def __init__(self, token: str, changed_at: datetime, day: date) -> None:
        self.token, self.day = token, day
        midnight = datetime.combine(day, datetime.min.time(), timezone.get_default_timezone())
        self.modified_at = max(changed_at, STARTED_AT, midnight)
        self.kept = Kept()

    def is_still(self, token: str, day: date) -> bool:
        return (self.token, self.day) == (token, day)


class Known:
    """The version as this process last read it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._request = local()
        self.forget()

    def forget(self) -> None:
        self._version: Version | None = None
        self.look_again()

    def look_again(self) -> None:
        self._read_at = float("-inf")
        self._request.version = None

    @contextmanager
    def throughout(self) -> Iterator[None]:
        """One request, or one preview inside of it, is answered from one version."""
        outer = getattr(self._request, "version", None), getattr(self._request, "is_one", False)
        self._request.version, self._request.is_one = None, True
        try:
            yield
        finally:
            self._request.version, self._request.is_one = outer

    def current(self) -> Version:
        """Raises DatabaseError only where nothing was ever read: a known page outlives a pause."""
        if not getattr(self._request, "is_one", False):
            return self._asked()
        version: Version = self._request.version or self._asked()
        self._request.version = version
        return version

    def _asked(self) -> Version:
        known = self._version
        if known and time.monotonic() - self._read_at < settings.CONTENT_LOOK_SECONDS:
            return known
        # One thread asks; the others go on with what is known, if anything is.
        if not self._lock.acquire(blocking=known is None):
            return known  # type: ignore[return-value]
        try:
            return self._read(known)
        finally:
            self._lock.release()

    def _read(self, known: Version | None) -> Version:
        self._read_at = time.monotonic()
        try:
            row = ContentVersion.objects.filter(pk=THE_ROW).values_list("token", "changed_at")
            token, changed_at = row.first() or ("", STARTED_AT)
        except DatabaseError:
            if known is None:
                raise
            return known
        day = timezone.localdate(timezone=timezone.get_default_timezone())
        if known is None or not known.is_still(token, day):
            # The day counts as well: a page says by itself when its review is overdue.
            self._version = known = Version(token, changed_at, day)
        return known


known = Known()


def current() -> Version:
    return known.current()


def kept(key: Hashable, make: Callable[[], T], *, size: int = 1000) -> T:
    """What `make` returns, made once for this version; not to be changed by whoever gets it."""
    box = current().kept
    value: T | None = box.get(key)
    if value is None:
        value = make()
        box.put(key, value, size)
    return value


def cache_key(key: str, prefix: str, number: int) -> str:
    """For a cache in this process's memory whose entries go with the version."""
    return f"{current().token}:{prefix}:{number}:{key}"


def changed(**_: Any) -> None:
    """Everything kept, in every process, is out of date once this transaction is committed."""
    row = ContentVersion(pk=THE_ROW, token=uuid.uuid4().hex, changed_at=timezone.now())
    ContentVersion.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["token", "changed_at"],
    )
    known.look_again()
    transaction.on_commit(known.look_again)
