"""``python -m tools.bench.words``: the word index beside other ways to find words, over BENCH_ROWS contracts.

Each answers what a search answers: how many contracts, worth how much together, and the greatest fifty. What
the rivals cannot say is said in their names; docs/decisions/0006 draws the conclusion.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import duckdb
import tantivy

from contracts.engine.store import Store
from contracts.fields import SEARCHED
from contracts.questions.filters import Filters
from contracts.questions.query import Page, Query
from contracts.snapshot.expressions import fold_field, fold_phrase, make_plain
from contracts.snapshot.versions import Snapshot
from tools.bench.dataset import prepare_snapshot
from tools.bench.queries import BY_AMOUNT, KEYWORDS
from tools.bench.sizes import read_rows

REPEATS = 5
Search = Callable[[Sequence[str]], int]
"""Answers one search for all of some phrases; returns the count."""


@contextmanager
def word_index(snapshot: Snapshot, _: Path) -> Iterator[Search]:
    store = Store(snapshot)
    with store.reader() as reader:

        def search(phrases: Sequence[str]) -> int:
            store.forget()
            query = Query(filters=Filters(keywords=(" && ".join(phrases),)), sort=BY_AMOUNT)
            reader.search(query, Page())
            return reader.count(query.filters).rows

        yield search
    store.close()


@contextmanager
def scan_in_duckdb(snapshot: Snapshot, folder: Path) -> Iterator[Search]:
    folded = " || ".join(f"coalesce({fold_field(name)} || chr(10), '')" for name in SEARCHED)
    with _copy(snapshot, folder / "scan.duckdb", f"SELECT id, contract_amount, {folded} AS folded") as con:

        def search(phrases: Sequence[str]) -> int:
            where = " AND ".join(f"contains(folded, {fold_phrase('?::VARCHAR')})" for _ in phrases)
            # The phrase stands in fold_phrase several times.
            given = [phrase for phrase in phrases for _ in range(fold_phrase("?").count("?"))]
            return _answer(con, f"SELECT id, contract_amount FROM chosen WHERE {where}", given)

        yield search


@contextmanager
def lists_in_duckdb(snapshot: Snapshot, folder: Path) -> Iterator[Search]:
    words = ", ".join(make_plain(name) for name in SEARCHED)
    split = rf"string_split_regex(concat_ws(' ', {words}), '[^\p{{L}}\p{{N}}]+')"
    with _copy(snapshot, folder / "lists.duckdb", f"SELECT id, contract_amount, {split} AS words") as con:
        con.execute(
            """CREATE TABLE lists AS SELECT DISTINCT word, id
            FROM (SELECT unnest(words) AS word, id FROM chosen) ORDER BY word, id"""
        )
        con.execute("ALTER TABLE chosen DROP words")

        def search(phrases: Sequence[str]) -> int:
            cut = [_cut(phrase) for phrase in phrases]
            exact = [word for words in cut for word in words[:-1]]
            begun = [words[-1] for words in cut]
            parts = ["SELECT id FROM lists WHERE word = ?"] * len(exact)
            parts += ["SELECT id FROM lists WHERE word >= ? AND word < ?"] * len(begun)
            given = [*exact, *(bound for word in begun for bound in (word, word + "\U0010ffff"))]
            found = f"SELECT id, contract_amount FROM chosen WHERE id IN ({' INTERSECT '.join(parts)})"
            return _answer(con, found, given)

        yield search


@contextmanager
def tantivy_index(snapshot: Snapshot, folder: Path) -> Iterator[Search]:
    schema = tantivy.SchemaBuilder()
    schema.add_integer_field("amount", fast=True)
    schema.add_text_field("text")
    index = tantivy.Index(schema.build(), path=str(folder))
    writer = index.writer(heap_size=256 << 20, num_threads=2)
    with duckdb.connect(str(snapshot.database), read_only=True) as con:
        texts = ", ".join(make_plain(name) for name in SEARCHED)
        con.execute(
            f"""SELECT (coalesce(contract_amount, 0) * 100)::BIGINT,
                list_filter([{texts}], lambda text: text IS NOT NULL)
            FROM contracts WHERE source = 'philgeps'"""
        )
        while rows := con.fetchmany(20_000):
            for amount, values in rows:
                writer.add_document(tantivy.Document(amount=amount, text=values))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def search(phrases: Sequence[str]) -> int:
        asked = tantivy.Query.boolean_query(
            [(tantivy.Occur.Must, _ask_tantivy(index.schema, phrase)) for phrase in phrases]
        )
        totals = {"rows": {"value_count": {"field": "amount"}}, "value": {"sum": {"field": "amount"}}}
        searcher.search(asked, limit=50, order_by_field="amount")
        return int(searcher.aggregate(asked, totals)["rows"]["value"])

    yield search


def _ask_tantivy(schema: tantivy.Schema, phrase: str) -> tantivy.Query:
    words = _cut(phrase)
    if len(words) == 1:
        return tantivy.Query.regex_query(schema, "text", f"{words[0]}.*")
    # Its phrase_prefix_query takes 50 of the words that begin so and leaves the others out.
    return tantivy.Query.regex_phrase_query(schema, "text", [*words[:-1], f"{words[-1]}.*"])


def _cut(phrase: str) -> list[str]:
    return phrase.replace("-", " ").split()


@contextmanager
def _copy(snapshot: Snapshot, path: Path, select: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with a table ``chosen`` of the main source's contracts."""
    with duckdb.connect(str(path), config={"threads": 2}) as con:
        con.execute(f"ATTACH '{snapshot.database}' AS snapshot (READ_ONLY)")
        con.execute(f"CREATE TABLE chosen AS {select} FROM snapshot.contracts WHERE source = 'philgeps'")
        yield con


def _answer(con: duckdb.DuckDBPyConnection, found: str, given: Sequence[str]) -> int:
    con.execute(
        f"""WITH found AS MATERIALIZED ({found})
        SELECT (SELECT (count(*), sum(contract_amount)) FROM found),
            (SELECT list(id) FROM (SELECT id FROM found ORDER BY contract_amount DESC, id LIMIT 50))""",
        given,
    )
    [((rows, _), _)] = con.fetchall()
    return int(rows)


WAYS: Mapping[str, Callable[[Snapshot, Path], AbstractContextManager[Search]]] = {
    "ours": word_index,
    "DuckDB, scan of a folded column": scan_in_duckdb,
    "DuckDB, lists of words, no order of words": lists_in_duckdb,
    "tantivy, no punctuation": tantivy_index,
}


def main() -> None:
    snapshot = prepare_snapshot(read_rows())
    for way, opened in WAYS.items():
        with tempfile.TemporaryDirectory(prefix="bench-words-") as name:
            folder = Path(name)
            started = time.perf_counter()
            with opened(snapshot, folder) as search:
                made_s = time.perf_counter() - started
                size_mb = sum(file.stat().st_size for file in folder.rglob("*")) / 1e6
                print(f"{way}: made in {made_s:.0f} s, {size_mb:,.0f} MB", flush=True)
                medians = [_time(search, phrases) for phrases in KEYWORDS]
                print(f"  median of the searches {statistics.median(medians):.1f} ms", flush=True)


def _time(search: Search, phrases: Sequence[str]) -> float:
    rows = search(phrases)
    took = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        search(phrases)
        took.append((time.perf_counter() - started) * 1000)
    print(f"  {' && '.join(phrases):30}{rows:12,} contracts {statistics.median(took):9.1f} ms", flush=True)
    return statistics.median(took)


if __name__ == "__main__":
    main()
