"""Redis for what the processes share, and this process's memory while Redis is away.

Pages go on: what is not found is made again. Sign-in attempts go on being counted, in each process
by itself: nobody is locked out of their own form by a missing server, and nobody may guess
without limit.
"""

import logging
import time
from collections.abc import Callable
from typing import Any, ClassVar

import structlog
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as Unreachable
from redis.exceptions import ReadOnlyError, TimeoutError
from redis.retry import Retry

AWAY = (Unreachable, TimeoutError, ReadOnlyError, OSError)
ASK_AGAIN_AFTER = 5.0  # seconds; a missing server must not make each page wait
PATIENCE: dict[str, Any] = {
    "socket_connect_timeout": 0.5,
    "socket_timeout": 1.0,
    "retry": Retry(NoBackoff(), 0),
}
OPERATIONS = (
    "add",
    "get",
    "set",
    "touch",
    "delete",
    "get_many",
    "has_key",
    "incr",
    "set_many",
    "delete_many",
    "clear",
)
log = structlog.get_logger("portal.cache")


class RedisOrMemory(RedisCache):
    away_until: ClassVar[dict[str, float]] = {}  # by server; Django makes one of us per thread

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = PATIENCE | params.get("OPTIONS", {})
        super().__init__(server, params | {"OPTIONS": options})
        self.server = server
        self.memory = LocMemCache(f"instead of {server}", {})

    def is_away(self) -> bool:
        return time.monotonic() < self.away_until.get(self.server, float("-inf"))

    def lost(self, error: Exception) -> None:
        until = self.away_until.get(self.server, float("-inf"))
        if time.monotonic() - until > ASK_AGAIN_AFTER:
            self.memory.clear()  # what an earlier absence left is too old
        self.away_until[self.server] = time.monotonic() + ASK_AGAIN_AFTER
        log.log(logging.WARNING, "redis away", kind=type(error).__qualname__)


def with_a_stand_in(name: str) -> Callable[..., Any]:
    ask_redis = getattr(RedisCache, name)

    def operation(self: RedisOrMemory, *args: Any, **kwargs: Any) -> Any:
        if not self.is_away():
            try:
                return ask_redis(self, *args, **kwargs)
            except AWAY as error:
                self.lost(error)
        return getattr(self.memory, name)(*args, **kwargs)

    return operation


for name in OPERATIONS:
    setattr(RedisOrMemory, name, with_a_stand_in(name))
