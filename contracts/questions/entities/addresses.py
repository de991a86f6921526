"""The address of an entity, which outlives the dataset version in which its name was found.

Codes of names are dealt anew by each import; so it is made of the name alone.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

# 48 bits: of 200,000 names two have the same in 1 of 14,000 datasets; the words before tell them apart then.
KEY_LENGTH = 12
# Addresses stay short enough to be read aloud; the key tells apart what is cut off.
MOST_WORDS_LENGTH = 60
_SLUG = re.compile(rf"(?:[a-z0-9]+-)*([0-9a-f]{{{KEY_LENGTH}}})")


def make_key(name: str) -> str:
    """What an entity is looked up by: the beginning of the SHA-256 of its exact name, in hex."""
    return hashlib.sha256(name.encode()).hexdigest()[:KEY_LENGTH]


def make_slug(name: str) -> str:
    """The last part of an entity's address: words for people, and the key."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    # Apostrophes are no end of a word: "o-brien" reads badly.
    words = re.findall(r"[a-z0-9]+", plain.replace("'", ""))
    readable = "-".join(words)
    if len(readable) > MOST_WORDS_LENGTH:
        whole_words, _, rest = readable[: MOST_WORDS_LENGTH + 1].rpartition("-")
        readable = whole_words or rest[:MOST_WORDS_LENGTH]
    return f"{readable}-{make_key(name)}" if readable else make_key(name)


def read_key(slug: str) -> str | None:
    """The key in a slug; None where it is none. Which words stand before the key is not looked at."""
    found = _SLUG.fullmatch(slug)
    return found[1] if found else None
