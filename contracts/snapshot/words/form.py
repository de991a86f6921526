"""How text is cut into words, alike for what is indexed and what is looked for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from contracts.snapshot.expressions import Statement, make_plain, mark_words, plain_phrase

MARK, SPACED = "\x01", "\x02"
"""``MARK`` stands between words; ``SPACED`` ends a word that a character ended which a space follows."""
WORD = re.compile(r"[^\W_]+")
"""A word of folded text without the character that ends it."""
END = "\n"
"""The word after the last of each text."""
# A line feed, because white space of texts and phrases has become spaces: no phrase holds it, and so none
# reaches from one text into the next.


@dataclass(frozen=True)
class Phrase:
    """What is looked for: words with marks in between. ``at_word``: it begins with a letter or digit."""

    cut: str
    at_word: bool

    @property
    def folded(self) -> str:
        """As ``contracts.snapshot.expressions.fold_field`` folds texts, to be looked for in them."""
        return (MARK if self.at_word else "") + self.cut.replace(SPACED, MARK)


def unmark(folded: str) -> str:
    """A folded text without its marks, for comparing by likeness."""
    return " ".join(folded.replace(MARK, " ").split())


def cut_text(text: str) -> str:
    """The SQL expression for ``text`` as words with marks in between; null where it holds none."""
    return _cut_plain(make_plain(text))


def cut_folded(folded: str) -> str:
    """The same of a text that ``fold_field`` has folded."""
    return _cut_marked(f"substr({folded}, 2)")


def _cut_plain(plain: str) -> str:
    return _cut_marked(mark_words(plain))


def _cut_marked(marked: str) -> str:
    # A comma and the space after it are two marks. The empty word in between would have the longest list of
    # all.
    spaced = f"replace({marked}, chr(1) || chr(1), chr(2) || chr(1))"
    return f"nullif(rtrim({spaced}, chr(1)), '')"


def cut_document(texts: Sequence[str]) -> str:
    """The SQL expression for the list of words of some cut texts, each with its ``END``; empty of none."""
    ended = ", ".join(f"{text} || chr(1) || chr(10)" for text in texts)
    return f"coalesce(string_split(nullif(concat_ws(chr(1), {ended}), ''), chr(1)), [])"


def cut_ascii(phrase: str) -> Phrase:
    """A phrase of ASCII, as ``cut_phrases`` and ``read_cuts`` cut it."""
    # In Python, because a statement takes 5 ms, a fifth of a search. Only ASCII: Python folds case and
    # accents of other letters in another way than DuckDB. A test holds the two together.
    plain = phrase.lower().strip(" ")
    marked = re.sub(r"([^a-z0-9 ])", rf"\1{MARK}", plain).replace(" ", MARK)
    cut = marked.replace(MARK * 2, SPACED + MARK).rstrip(MARK)
    return Phrase(cut, at_word=not plain or plain[0].isalnum())


class Cut(NamedTuple):
    """A row of ``cut_phrases``: ``cut`` is that of the ``whole`` phrase, or of the probe of it."""

    phrase: str
    whole: bool
    cut: str | None


def cut_phrases(phrases: Sequence[str]) -> Statement:
    """Rows of Cut, two for each phrase.

    The probe is a probe: that of the first character and a letter, which come apart if the character is
    no letter or digit.
    """
    # A second expression that asks what the first character is takes as long as the search of a rare word.
    return Statement(
        f"""SELECT phrase, whole, {_cut_plain("plain")} FROM (
            SELECT phrase, unnest([true, false]) AS whole, unnest([plain, left(plain, 1) || 'x']) AS plain
            FROM (SELECT phrase, {plain_phrase("phrase")} AS plain FROM (
                SELECT unnest($1::VARCHAR[]) AS phrase)))""",
        (list(phrases),),
    )


def read_cuts(rows: Sequence[Cut]) -> dict[str, Phrase]:
    """The phrases of ``cut_phrases`` by their text."""
    probes = {phrase: cut for phrase, whole, cut in rows if not whole}
    return {
        phrase: Phrase(cut or "", MARK not in (probes[phrase] or "")) for phrase, whole, cut in rows if whole
    }
