"""The count of alerts and of what arrived of them, when all is quiet."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from tools.chaos.alerts.arrivals import Arrival
from tools.chaos.alerts.watched import SUPPLIERS, amount_of_lot_0


@dataclass(frozen=True, kw_only=True)
class ToldAlert:
    """An alert as its owner sees it: the lots that it says are new, and amounts that became others."""

    id: str
    monitor: str
    lots: Sequence[int]
    amounts: Sequence[tuple[str, str]]


@dataclass(kw_only=True)
class AlertCount:
    """How many there were, how many messages arrived, how many of those again under their id, and what is
    wrong, one line each."""

    alerts: int = 0
    messages: int = 0
    repeated: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)


def count_alerts(
    alerts: Collection[ToldAlert],
    arrivals: Sequence[Arrival],
    *,
    version: int,
    channels: Iterable[str],
    suppliers: Iterable[str] = SUPPLIERS,
) -> AlertCount:
    """Compare what was told with what came: every monitor has to tell each version up to ``version`` once,
    and each channel every alert once."""
    ids = {(arrival.channel, arrival.id) for arrival in arrivals}
    count = AlertCount(alerts=len(alerts), messages=len(ids), repeated=len(arrivals) - len(ids))
    for supplier in suppliers:
        mine = [alert for alert in alerts if alert.monitor == supplier]
        _count_lots(supplier, mine, version, count)
        count.lost += _find_gaps(supplier, mine, version)
    for channel in channels:
        _count_arrivals(channel, [one.id for one in alerts], arrivals, count)
    count.doubled += _find_changed(arrivals)
    return count


def _count_lots(supplier: str, alerts: Iterable[ToldAlert], version: int, count: AlertCount) -> None:
    told = Counter(lot for alert in alerts for lot in alert.lots)
    count.lost += [f"lot {lot} of {supplier} was not told" for lot in range(1, version + 1) if not told[lot]]
    count.doubled += [
        f"lot {lot} of {supplier} was told {times} times" for lot, times in told.items() if times > 1
    ]


def _find_gaps(supplier: str, alerts: Iterable[ToldAlert], version: int) -> Iterator[str]:
    """Where the amounts that became others, one after the other, do not lead from the first to the last.

    A check may step over versions, so that only the chain is known."""
    steps = dict(step for alert in alerts for step in alert.amounts)
    amount, last = amount_of_lot_0(0), amount_of_lot_0(version)
    while steps and amount in steps:
        amount = steps.pop(amount)
    if amount != last:
        yield f"the amount of {supplier} was told up to {amount}, and is {last}"
    if steps:
        yield f"amounts of {supplier} were told beside: {steps}"


def _count_arrivals(channel: str, ids: Iterable[str], arrivals: Iterable[Arrival], count: AlertCount) -> None:
    messages: dict[str, set[str]] = defaultdict(set)
    for arrival in arrivals:
        if arrival.channel == channel:
            for alert in arrival.alerts:
                messages[alert].add(arrival.id)
    count.lost += [f"alert {one} has not arrived by {channel}" for one in ids if not messages[one]]
    # Under one id it is one message, which its receiver drops the second time.
    count.doubled += [
        f"alert {one} arrived by {channel} in {len(found)} messages"
        for one, found in messages.items()
        if len(found) > 1
    ]


def _find_changed(arrivals: Iterable[Arrival]) -> Iterator[str]:
    """Messages that told something else the second time."""
    first: dict[tuple[str, str], frozenset[str]] = {}
    for arrival in arrivals:
        if first.setdefault((arrival.channel, arrival.id), arrival.alerts) != arrival.alerts:
            yield f"{arrival.channel} {arrival.id} told other alerts the second time"
