"""Redis away: pages go on, sign-in attempts go on being counted, nobody waits."""

import socket
import time
from collections.abc import Iterator

import pytest
from allauth.core.internal import ratelimit
from django.test import RequestFactory

from portal.cache import ASK_AGAIN_AFTER, RedisOrMemory


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def without_redis() -> Iterator[RedisOrMemory]:
    store = RedisOrMemory(f"redis://127.0.0.1:{free_port()}/0", {})
    yield store
    store.memory.clear()
    RedisOrMemory.away_until.pop(store.server, None)


def test_a_missing_redis_is_this_process_memory(without_redis) -> None:
    store = without_redis
    assert store.get("a", "nothing") == "nothing"
    store.set("a", 1, 60)
    assert (store.get("a"), store.add("a", 2), store.incr("a"), store.has_key("a")) == (
        1,
        False,
        2,
        True,
    )
    store.set_many({"b": 1, "c": 2})
    assert store.get_many(["a", "b", "c"]) == {"a": 2, "b": 1, "c": 2}
    assert store.delete("a")
    store.clear()
    assert store.get("b") is None


def test_every_thread_shares_what_is_counted_meanwhile(without_redis) -> None:
    without_redis.set("attempts", 3, 60)
    other = RedisOrMemory(without_redis.server, {})
    assert other.is_away()
    assert other.get("attempts") == 3


def test_a_missing_redis_is_not_asked_for_each_page(without_redis) -> None:
    without_redis.get("a")
    started = time.monotonic()
    for _ in range(200):
        without_redis.get("a")
    assert time.monotonic() - started < 0.5


def test_redis_is_asked_again_after_a_while(without_redis, monkeypatch) -> None:
    without_redis.set("left", "old", 60)
    later = time.monotonic() + 3 * ASK_AGAIN_AFTER
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert not without_redis.is_away()
    # Still away: what the earlier absence left is not used as if it were new.
    assert without_redis.get("left") is None


def test_an_error_of_our_own_is_not_taken_for_a_missing_redis(without_redis) -> None:
    without_redis.set("text", "words", 60)
    with pytest.raises((ValueError, TypeError)):
        without_redis.incr("text")
    with pytest.raises(ValueError, match="nothing"):
        without_redis.incr("nothing")


def test_sign_in_attempts_are_limited_without_redis(without_redis, monkeypatch) -> None:
    monkeypatch.setattr(ratelimit, "cache", without_redis)
    request = RequestFactory().post("/accounts/login/")
    limit = {"app": "account", "action": "x", "config": {"x": "3/m/ip"}}
    allowed = [ratelimit.consume(request, **limit) is not None for _ in range(5)]
    assert allowed == [True, True, True, False, False]
