from __future__ import annotations

import pytest

from contracts.engine.cache import LruCache


def test_answer_is_asked_for_once() -> None:
    cache: LruCache[int] = LruCache(2)
    assert [cache.get_or_make("a", lambda: 1), cache.get_or_make("a", lambda: 2)] == [1, 1]


def test_least_recently_used_answer_is_forgotten_first() -> None:
    cache: LruCache[int] = LruCache(2)
    for question in ("a", "b", "a", "c"):
        cache.get_or_make(question, lambda: 1)
    assert [cache.get_or_make(question, lambda: 2) for question in ("a", "c", "b")] == [1, 1, 2]


def test_error_is_not_remembered() -> None:
    cache: LruCache[float] = LruCache(2)
    with pytest.raises(ZeroDivisionError):
        cache.get_or_make("a", lambda: 1 / 0)
    assert cache.get_or_make("a", lambda: 1.0) == 1.0
