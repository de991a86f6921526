"""The word index of a snapshot: which contracts hold a phrase at a word start, exactly.

Every text is folded (``expressions.fold``) and cut at its marks into words, a word with the one character
that ends it. The words of all texts stand in one long ``stream``; a list per word says where it stands. A
phrase is found by its rarest word and the one after it, and compared with the stream from there, so that a
phrase of any length is answered without reading a text.
"""

from contracts.snapshot.words.building import build_index
from contracts.snapshot.words.form import MARK, WORD, Cut, Phrase, cut_ascii, cut_phrases, read_cuts, unmark
from contracts.snapshot.words.index import WordIndex

__all__ = [
    "MARK",
    "WORD",
    "Cut",
    "Phrase",
    "WordIndex",
    "build_index",
    "cut_ascii",
    "cut_phrases",
    "read_cuts",
    "unmark",
]
