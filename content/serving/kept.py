"""What a process keeps in its memory, within a limit; what was used longest ago goes first."""

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Any

MOST_BYTES = 8 * 1024 * 1024  # of one process: some hundred pages


class Kept:
    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.most_bytes = most_bytes
        self.bytes = 0
        self._values: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> Any:
        """The value, or None."""
        with self._lock:
            found = self._values.get(key)
            if found is None:
                return None
            self._values.move_to_end(key)
            return found[0]

    def put(self, key: Hashable, value: Any, size: int) -> None:
        """Keeps the value, which takes `size` bytes; one that would push out most others is not."""
        if size > self.most_bytes // 4:
            return
        with self._lock:
            self.bytes += size - self._values.pop(key, (None, 0))[1]
            self._values[key] = value, size
            while self.bytes > self.most_bytes:
                _, (_, freed) = self._values.popitem(last=False)
                self.bytes -= freed
