"""Writing the word index of a finished ``contracts`` and ``labels``.

The files, N contracts and L searched names, together D documents; places count from 0:

    vocabulary.bin, vocabulary-ends   the words, sorted by their bytes, and where each ends
    stream, stream-starts             word numbers of all documents, and where each document begins
    postings-ends                     per word, where its list ends in the next three
    documents, places, next-words     per list: the document, the place in it, and the word after it
    name-rows, name-ends              per searched name, the contracts that bear it

In memory are the vocabulary and a batch at a time; the stream and the lists are mapped files.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from contracts.snapshot.arrays import create_array, save_array, write_values
from contracts.snapshot.expressions import SEARCHED_NAMES
from contracts.snapshot.rows import list_bearers
from contracts.snapshot.words.form import END, cut_document, cut_folded, cut_text

BATCH_DOCUMENTS = 100_000
_STREAM = "stream.raw"


def build_index(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write the index of the connection's ``contracts`` and ``labels`` into ``folder``."""
    folder.mkdir()
    vocabulary, lengths = _write_stream(con, folder)
    ranks = _write_vocabulary(vocabulary, folder)
    counts = _rank_stream(folder, ranks)
    end = int(ranks[vocabulary[END]])
    # A Python object for each distinct word: the largest thing in memory, and done with.
    del vocabulary, ranks
    _write_postings(folder, lengths, counts, end=end)
    _write_names(con, folder)


def _write_stream(con: duckdb.DuckDBPyConnection, folder: Path) -> tuple[dict[str, int], NDArray[np.uint32]]:
    """Write the words as they come, numbered by first sight; return the numbers and the lengths."""
    numbers = {END: 0}
    lengths = [np.zeros(0, np.uint32)]
    with (folder / _STREAM).open("wb") as file:
        # An END before the first document, as there is one before the others.
        write_values(file, np.zeros(1, np.uint32))
        for documents in _read_documents(con):
            # Arrow tells equal words of a batch apart from others, so that Python sees each of them once.
            words = documents.flatten().dictionary_encode()
            known = [numbers.setdefault(word, len(numbers)) for word in words.dictionary.to_pylist()]
            write_values(file, np.array(known, np.uint32)[words.indices.to_numpy()])
            lengths.append(documents.value_lengths().to_numpy().astype(np.uint32))
    return numbers, np.concatenate(lengths)


def _read_documents(con: duckdb.DuckDBPyConnection) -> Iterator[Any]:
    """Lists of words: the contracts by id, then the searched names by column and code."""
    titles = [cut_text("award_title"), cut_text("notice_title")]
    # Where both titles are the same, their words need to be found once.
    other = "CASE WHEN notice IS DISTINCT FROM award THEN notice END"
    # No ORDER BY, which would sort all texts: a document's number is the place of its row in the table.
    yield from _stream_column(
        con,
        f"""SELECT {cut_document(["award", other])}
        FROM (SELECT {titles[0]} AS award, {titles[1]} AS notice FROM contracts)""",
    )
    # Labels are folded already, in the form that is cut.
    yield from _stream_column(
        con,
        f"""SELECT {cut_document(["name"])}
        FROM (SELECT {cut_folded("folded")} AS name FROM labels WHERE field IN {SEARCHED_NAMES}
            ORDER BY list_position({list(SEARCHED_NAMES)}, field), code)""",
    )


def _stream_column(con: duckdb.DuckDBPyConnection, sql: str) -> Iterator[Any]:
    for batch in con.sql(sql).to_arrow_reader(BATCH_DOCUMENTS):
        yield batch.column(0)


def _write_vocabulary(numbers: dict[str, int], folder: Path) -> NDArray[np.uint32]:
    """Write the words in order; return the place of each by its number."""
    # Python sorts by code points, which is the order of the bytes by which words are looked up.
    words = sorted(numbers)
    encoded = [word.encode() for word in words]
    (folder / "vocabulary.bin").write_bytes(b"".join(encoded))
    save_array(folder, "vocabulary-ends", np.cumsum([len(word) for word in encoded], dtype=np.int64))
    ranks = np.empty(len(words), np.uint32)
    ranks[[numbers[word] for word in words]] = np.arange(len(words), dtype=np.uint32)
    return ranks


def _rank_stream(folder: Path, ranks: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Turn the numbers of the stream into places in the vocabulary; return how often each stands in it."""
    raw = folder / _STREAM
    stream = create_array(folder, "stream", np.uint32, raw.stat().st_size // 4)
    counts = np.zeros(len(ranks), np.int64)
    done = 0
    with raw.open("rb") as file:
        while len(part := np.fromfile(file, np.uint32, 4 << 20)):
            ranked = ranks[part]
            stream[done : done + len(part)] = ranked
            counts += np.bincount(ranked, minlength=len(ranks))
            done += len(part)
    raw.unlink()
    return counts


def _write_postings(
    folder: Path, lengths: NDArray[np.uint32], counts: NDArray[np.int64], *, end: int
) -> None:
    """Deal the words of the stream out to the lists, a batch of documents at a time; ``END`` gets none."""
    # From 1, because the stream begins with an END.
    starts = np.concatenate([[1], 1 + np.cumsum(lengths, dtype=np.int64)])
    save_array(folder, "stream-starts", starts.astype(np.uint32))
    counts[end] = 0
    ends = np.cumsum(counts)
    save_array(folder, "postings-ends", ends)
    total = int(ends[-1])
    documents = create_array(folder, "documents", np.uint32, total)
    # One byte is enough for texts of up to 255 words; a single longer one makes it two for all.
    places = create_array(folder, "places", np.min_scalar_type(int(lengths.max(initial=0))), total)
    next_words = create_array(folder, "next-words", np.uint32, total)
    stream = np.load(folder / "stream.npy", mmap_mode="r")
    free = ends - counts
    for first in range(0, len(lengths), BATCH_DOCUMENTS):
        last = min(first + BATCH_DOCUMENTS, len(lengths))
        words = stream[starts[first] : starts[last]].astype(np.uint64)
        order = _sort_words(words, end)
        batch_lengths = lengths[first:last]
        document = np.repeat(np.arange(first, last, dtype=np.uint32), batch_lengths)[order]
        targets = _take_places(words[order].astype(np.int64), free)
        documents[targets] = document
        places[targets] = starts[first] + order - starts[document]
        # There is one, because each document ends with END, and END itself is in no list.
        next_words[targets] = words[order + 1]


def _sort_words(words: NDArray[np.uint64], end: int) -> NDArray[np.int64]:
    """The places of all words but ``end``, by word and place."""
    # Word and place in one number: to sort plain numbers is quicker than to sort places by their words.
    keys = (words << np.uint64(32)) | np.arange(len(words), dtype=np.uint64)
    keys = keys[words != end]
    keys.sort()
    return np.asarray(keys & np.uint64(0xFFFFFFFF), np.int64)


def _take_places(words: NDArray[np.int64], free: NDArray[np.int64]) -> NDArray[np.int64]:
    """The next free places of sorted ``words`` in their lists; moves ``free`` behind them."""
    firsts = np.flatnonzero(np.diff(words, prepend=-1))
    runs = np.diff(firsts, append=len(words))
    distinct = words[firsts]
    targets = np.repeat(free[distinct] - firsts, runs) + np.arange(len(words), dtype=np.int64)
    free[distinct] += runs
    return np.asarray(targets)


def _write_names(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """For each searched name, in the order of the documents, the contracts that bear it."""
    rows, ends = zip(*(list_bearers(con, column) for column in SEARCHED_NAMES), strict=True)
    save_array(folder, "name-rows", np.concatenate(rows))
    # Each column's lists follow those of the one before.
    before = np.cumsum([0, *(len(of_column) for of_column in rows[:-1])])
    moved = [of_column + shift for of_column, shift in zip(ends, before, strict=True)]
    save_array(folder, "name-ends", np.concatenate(moved))
