"""Other spellings of a name: those that differ by case, accents, punctuation, blanks, or legal forms at the
end."""

from __future__ import annotations

import re
import unicodedata

LEGAL_FORMS = frozenset(
    {
        *("co", "company", "corp", "corporation", "inc", "incorporated", "limited", "llc", "ltd", "opc"),
        *("ent", "enterprise", "enterprises"),
    }
)
"""Words at the end of a name that say what sort of firm it is, or that there is one."""
_JOINED = {"&": " and ", "'": "", "’": ""}
# Enough that an index-less look at 110,000 names leaves a few hundred, which are compared as a whole.
_BEGINNING = 6
# Letters of other scripts are let through too: to compile their classes takes longer than all else.
_BETWEEN = "[^a-z0-9]*"
_AND = f"(?:a{_BETWEEN}n{_BETWEEN}d|&)"


def make_spelling_key(name: str) -> str:
    """What all spellings of a name have in common: its letters and digits without case and accents, ``&`` as
    "and", without the legal forms at its end. A name of legal forms alone keeps them."""
    return "".join(list_essential_words(name))


def list_essential_words(name: str) -> list[str]:
    """The folded words of a name without the legal forms at its end. A name of legal forms alone keeps
    them."""
    words = _list_words(name)
    kept = len(words)
    # One after the other: "Co., Inc." are two.
    while kept and words[kept - 1] in LEGAL_FORMS:
        kept -= 1
    return words[:kept] or words


def write_pattern(key: str) -> str:
    """The regular expression (RE2) that all spellings with a key match as they are folded in ``labels``, and
    few other names do."""
    # The first signs only: what does not belong to a word may stand between any two of them.
    beginning = key[:_BEGINNING]
    # Cut within what may have been an "&", which is none of the signs of a word.
    if len(key) > _BEGINNING:
        beginning = re.sub("an?$", "", beginning)
    signs = (_AND if sign == "and" else re.escape(sign) for sign in re.findall("and|.", beginning))
    return f"^{_BETWEEN}{_BETWEEN.join(signs)}"


def fold_plain(name: str) -> str:
    """A name without case and accents, as DuckDB folds names."""
    decomposed = unicodedata.normalize("NFD", name).lower()
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def _list_words(name: str) -> list[str]:
    plain = fold_plain(name)
    for sign, instead in _JOINED.items():
        plain = plain.replace(sign, instead)
    # \w but for the underscore: letters and digits of all scripts.
    return re.findall(r"[^\W_]+", plain)
