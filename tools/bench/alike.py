"""``python -m tools.bench.alike [NAMES]``: of the names that are proposed as the same, how many are, how many
of the planted ones are found, and how long a name takes. NAMES is 110,000, as many as there are suppliers.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import duckdb
import pyarrow as pa

from contracts.engine.store import Store
from contracts.fields import FIELDS, PHILGEPS
from contracts.ingest import layout
from contracts.questions.entities.addresses import make_slug
from contracts.questions.entities.kinds import KINDS
from contracts.snapshot.versions import Snapshot
from tools.sample.names import name_suppliers
from tools.sample.variants import Planted, plant_variants
from tools.sample.vocabulary import BUILDERS, TRADERS

NAMES = 110_000
ASKED = 300
"""Names of which the proposals are looked at, half of them planted."""


@dataclass(frozen=True, kw_only=True)
class Precision:
    """``precision`` of all proposals, ``recall`` of the planted pairs, by reason too; ``wrong`` are pairs
    that were proposed and are not the same."""

    precision: float
    recall: float
    found: Counter[str]
    planted: Counter[str]
    wrong: Sequence[tuple[str, str]]
    median_ms: float


def measure_alike(names: int, *, asked: int = ASKED, seed: int = 1) -> Precision:
    """Plant variants among so many invented suppliers, and ask for names like some of them."""
    rng = random.Random(seed)
    planted = plant_variants(name_suppliers((*TRADERS, *BUILDERS), names, rng), max(names // 20, asked), rng)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(_write(Path(folder), planted.names), memory_limit_mb=256)
        try:
            return _judge(store, planted, asked, rng)
        finally:
            store.close()


def _write(folder: Path, names: Sequence[str]) -> Snapshot:
    snapshot = Snapshot(folder)
    with duckdb.connect(str(snapshot.database)) as con:
        con.register("names", pa.table({"awardee_name": pa.array(names, pa.string())}))
        filled = {"contract_amount": "1", "line_items": "1", "source": f"'{PHILGEPS}'"}
        columns = ", ".join(
            f"CAST({filled.get(field.name, 'NULL')} AS {field.type.sql_type}) AS {field.name}"
            if field.name != "awardee_name"
            else field.name
            for field in FIELDS
            if field.name != "id"
        )
        con.execute(f"CREATE TEMP TABLE awards AS SELECT {columns} FROM names")
        layout.build(con, "awards")
        layout.build_arrays(con, folder)
    return snapshot


def _judge(store: Store, planted: Planted, asked: int, rng: random.Random) -> Precision:
    pairs = rng.sample(sorted(planted.pairs, key=sorted), asked // 2)
    names = [rng.choice(sorted(pair)) for pair in pairs] + rng.sample(planted.names, asked - len(pairs))
    proposed: set[frozenset[str]] = set()
    times: list[float] = []
    for name in names:
        began = time.perf_counter()
        with store.reader() as reader:
            found = reader.entities.list_alike(KINDS["contractors"], make_slug(name))["alike"]
        times.append(1000 * (time.perf_counter() - began))
        proposed |= {frozenset((name, one["name"])) for one in found}
    right = proposed & planted.pairs.keys()
    return Precision(
        precision=len(right) / len(proposed) if proposed else 1.0,
        recall=len(proposed & set(pairs)) / len(pairs),
        found=Counter(planted.pairs[pair] for pair in proposed & set(pairs)),
        planted=Counter(planted.pairs[pair] for pair in pairs),
        wrong=[tuple(sorted(pair)) for pair in sorted(proposed - right, key=sorted)],  # type: ignore[misc]
        median_ms=median(times),
    )


def main() -> None:
    names = int(sys.argv[1]) if len(sys.argv) > 1 else NAMES
    judged = measure_alike(names)
    print(f"{names:,} names: precision {judged.precision:.3f}, recall {judged.recall:.3f}")
    for reason, count in sorted(judged.planted.items()):
        print(f"  {reason}: {judged.found[reason]} of {count} found")
    print(f"  a name takes {judged.median_ms:.0f} ms (median)")
    for one, other in judged.wrong[:20]:
        print(f"  not the same: {one} / {other}")


if __name__ == "__main__":
    main()
