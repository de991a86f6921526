"""The sweeper's clock: a sweep that failed is followed by the next one."""

from __future__ import annotations

import threading

import pytest

from data_processing.operations.timer import Timer


@pytest.mark.django_db
def test_timer_goes_on_after_an_error_of_any_kind_until_it_is_stopped() -> None:
    calls: list[None] = []
    third = threading.Event()

    def act() -> None:
        calls.append(None)
        if len(calls) == 3:
            third.set()
        raise RuntimeError("this one failed")

    timer = Timer(act, every_s=0.01, name="sweeper")
    timer.start()
    assert third.wait(10)
    timer.stop()
    assert not timer.running
