"""Looking phrases up in the word index of a snapshot.

Files and words: ``contracts.snapshot.words.building``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA

from contracts.snapshot.arrays import give_back_pages, join_ranges, map_array, map_bytes, take_lists
from contracts.snapshot.words.form import MARK, SPACED, WORD, Phrase

# A look into the stream is one into memory at random: it takes as long as so many at the next words of a
# list, which are read from end to end.
FAR = 8
# Places that are looked at in one go: of five million contracts a word has up to two million, and they stand
# in the order of the stream, so that a step looks at a part of it.
STEP = 1 << 18
# Words that a mistyped one is compared with, the most frequent of about its length: tens of milliseconds.
COMPARED = 50_000
# A word of so many letters may have two of them wrong.
LONG = 6
Rows = NDArray[np.bool_]
"""One truth value per contract, by id - 1."""


@dataclass(frozen=True)
class _Span:
    """Words that stand together in the vocabulary: those from ``low`` up to, not including, ``high``."""

    low: int
    high: int

    def holds(self, words: NDArray[np.uint32]) -> Rows:
        if self.high - self.low == 1:
            return np.equal(words, self.low)
        return np.greater_equal(words, self.low) & np.less(words, self.high)


@dataclass(frozen=True)
class _Endings:
    """Words that end alike and stand anywhere in the vocabulary."""

    numbers: NDArray[np.int64]
    vocabulary_size: int

    def holds(self, words: NDArray[np.uint32]) -> Rows:
        # By a table of all words, which costs the same for one ending as for a hundred thousand.
        table = np.zeros(self.vocabulary_size, np.bool_)
        table[self.numbers] = True
        return table.take(words)


def _cut(postings: slice | NDArray[np.int64]) -> Iterator[slice | NDArray[np.int64]]:
    if isinstance(postings, slice):
        starts = range(postings.start, postings.stop, STEP)
        yield from (slice(start, min(start + STEP, postings.stop)) for start in starts)
    else:
        yield from (postings[start : start + STEP] for start in range(0, len(postings), STEP))


class WordIndex:
    """Answers which contracts hold a phrase in a title or in the name of contractor or organization."""

    def __init__(self, folder: Path) -> None:
        self._words = map_bytes(folder / "vocabulary.bin")
        self._word_ends = map_array(folder, "vocabulary-ends")
        self._stream = map_array(folder, "stream")
        self._stream_starts = map_array(folder, "stream-starts")
        self._postings_ends = map_array(folder, "postings-ends")
        self._documents = map_array(folder, "documents")
        self._places = map_array(folder, "places")
        self._next_words = map_array(folder, "next-words")
        self._name_rows = map_array(folder, "name-rows")
        self._name_ends = map_array(folder, "name-ends")
        self._rows = len(self._stream_starts) - 1 - len(self._name_ends)

    def match(self, phrase: Phrase) -> Rows:
        """The contracts that hold ``phrase``: at a word start if it begins with a letter or digit."""
        found = np.zeros(len(self._stream_starts) - 1, np.bool_)
        found[self._match_documents(phrase)] = True
        rows = found[: self._rows]
        rows[self.find_bearers(np.flatnonzero(found[self._rows :]))] = True
        return rows

    def find_bearers(self, names: NDArray[np.int64]) -> NDArray[np.uint32]:
        """The contracts that bear one of the searched names, given by their numbers: by column and code."""
        return take_lists(self._name_rows, self._name_ends, names)

    def knows(self, phrase: Phrase) -> bool:
        """Whether any text has a word that begins with ``phrase``, which is one word."""
        return self._count(self._get_span(phrase.cut, at_most=None)) > 0

    def list_near(self, phrase: Phrase, *, beside: Mapping[str, int], limit: int) -> list[str]:
        """The words spelled nearly like ``phrase``, which is one word: the nearest first, of these the more
        frequent. ``beside`` are words to choose from beside those of the index, with their frequencies."""
        word = phrase.cut
        starts = np.concatenate([[0], self._word_ends[:-1]])
        # One that ends a clause has a mark behind it, or two.
        alike = np.abs(self._word_ends - starts - len(word.encode())) <= 2
        frequencies = np.diff(self._postings_ends, prepend=0)
        numbers = np.flatnonzero(alike & (frequencies > 0))
        # Rare words of a large vocabulary are mostly mistyped themselves.
        numbers = numbers[np.argsort(-frequencies[numbers], kind="stable")][:COMPARED]
        counts = Counter(beside)
        for number in numbers.tolist():
            known = WORD.match(self._read_word(number).decode())
            if known:
                counts[known[0]] += int(frequencies[number])
        found = process.extract(
            word, list(counts), scorer=OSA.distance, score_cutoff=1 if len(word) < LONG else 2, limit=None
        )
        best = sorted(found, key=lambda one: (one[1], -counts[one[0]]))
        return [known for known, _, _ in best[:limit]]

    def _match_documents(self, phrase: Phrase) -> NDArray[np.uint32]:
        """The lists of one word of ``phrase``, less those where another word does not stand beside it."""
        wanted = self._read_phrase(phrase)
        sizes = [self._count(words) for words in wanted]
        last = len(wanted) - 1
        # By the last word there is no word after it to ask the list for, so that each place costs a look into
        # the stream.
        costs = [size * (FAR if place == last else 1) for place, size in enumerate(sizes)]
        taken = costs.index(min(costs))
        # The rarest first: the more it rules out, the fewer places are left to look at for the others.
        others = sorted(set(range(len(wanted))) - {taken}, key=sizes.__getitem__)
        found = [np.zeros(0, np.uint32)]
        for postings in _cut(self._list(wanted[taken])):
            found.append(self._narrow(postings, taken, others, wanted))
            give_back_pages()
        return np.concatenate(found)

    def _narrow(
        self,
        postings: slice | NDArray[np.int64],
        taken: int,
        others: list[int],
        wanted: list[_Span | _Endings],
    ) -> NDArray[np.uint32]:
        """The documents of ``postings``, which are of the word at place ``taken``, less those where one of
        the ``others`` does not stand beside it."""
        if taken + 1 in others:
            others = [place for place in others if place != taken + 1]
            kept = np.flatnonzero(wanted[taken + 1].holds(self._next_words[postings]))
            postings = kept + postings.start if isinstance(postings, slice) else postings[kept]
        documents = self._documents[postings]
        if not others:
            return documents
        at = self._stream_starts[documents].astype(np.int64) + self._places[postings]
        for place in others:
            # "clip": the stream begins and ends with the end of a text.
            near = self._stream.take(at + (place - taken), mode="clip")
            kept = np.flatnonzero(wanted[place].holds(near))
            at, documents = at[kept], documents[kept]
        return documents

    def _read_phrase(self, phrase: Phrase) -> list[_Span | _Endings]:
        """Which words may stand at each place of ``phrase``: these very ones, but the last may go on."""
        words = phrase.cut.split(MARK)
        if not phrase.at_word and len(words) == 1:
            return [self._list_endings([words[0], words[0] + SPACED])]
        first: list[_Span | _Endings] = []
        if not phrase.at_word:
            first, words = [self._list_endings([words[0]])], words[1:]
        # No word holds NUL, so that nothing stands between a word and itself with one.
        exact = [self._get_span(word, at_most=word + "\x00") for word in words[:-1]]
        return [*first, *exact, self._get_span(words[-1], at_most=None)]

    def _get_span(self, word: str, *, at_most: str | None) -> _Span:
        """The words from ``word`` up to ``at_most``, or all that begin with it."""
        start = word.encode()
        # No byte of UTF-8 is 0xFF.
        stop = start + b"\xff" if at_most is None else at_most.encode()
        return _Span(self._bisect(start), self._bisect(stop))

    def _bisect(self, wanted: bytes) -> int:
        # In the mapped file: a list of all words would be another copy in every process.
        return bisect_left(range(len(self._word_ends)), wanted, key=self._read_word)

    def _read_word(self, number: int) -> bytes:
        start = self._word_ends[number - 1] if number else 0
        return self._words[start : self._word_ends[number]].tobytes()

    def _list_endings(self, endings: list[str]) -> _Endings:
        """The words that end in one of ``endings``, by comparing the last bytes of all."""
        ends, starts = self._word_ends, np.concatenate([[0], self._word_ends[:-1]])
        found = np.zeros(len(ends), np.bool_)
        for ending in endings:
            same = np.ones(len(ends), np.bool_)
            for back, byte in enumerate(reversed(ending.encode()), start=1):
                # "clip": the shortest words have no so many bytes, which the first half rules out.
                same &= (ends - back >= starts) & (self._words.take(ends - back, mode="clip") == byte)
            found |= same
        return _Endings(np.flatnonzero(found), len(ends))

    def _count(self, words: _Span | _Endings) -> int:
        if isinstance(words, _Span):
            return self._posting(words.high) - self._posting(words.low)
        return sum(self._posting(number + 1) - self._posting(number) for number in words.numbers.tolist())

    def _list(self, words: _Span | _Endings) -> slice | NDArray[np.int64]:
        if isinstance(words, _Span):
            return slice(self._posting(words.low), self._posting(words.high))
        ends = self._postings_ends
        starts = np.where(words.numbers > 0, ends[words.numbers - 1], 0)
        return join_ranges(starts, ends[words.numbers])

    def _posting(self, word: int) -> int:
        """Where the list of ``word`` begins, which is where that of the word before it ends."""
        return int(self._postings_ends[word - 1]) if word else 0
