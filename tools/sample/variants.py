"""Names as people misspell, shorten and turn them round: planted among names, with what belongs together."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Vary = Callable[[str, random.Random], str | None]
SHORT = {
    "CONSTRUCTION": ("CONST.", "CONSTR."),
    "ENTERPRISES": ("ENT.",),
    "GENERAL": ("GEN.",),
    "MERCHANDISE": ("MDSE.",),
    "SERVICES": ("SVCS.",),
    "MARKETING": ("MKTG.",),
    "BUILDERS": ("BLDRS.",),
    "DEVELOPMENT": ("DEV'T",),
    "ENGINEERING": ("ENGG.",),
    "MEDICAL": ("MED.",),
}
LONG_ENOUGH = 6
"""Letters of a word in which a slip of the pen leaves no other word."""


def misspell(name: str, rng: random.Random) -> str | None:
    """Two letters changed over, one left out, or one struck twice."""
    words = name.split(" ")
    places = [place for place, word in enumerate(words) if len(word) >= LONG_ENOUGH and word.isalpha()]
    if not places:
        return None
    place = rng.choice(places)
    word = words[place]
    at = rng.randrange(1, len(word) - 2)
    slips = (
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        word[:at] + word[at + 1 :],
        word[:at] + word[at] + word[at:],
    )
    return " ".join([*words[:place], rng.choice(slips), *words[place + 1 :]])


def abbreviate(name: str, rng: random.Random) -> str | None:
    words = name.split(" ")
    places = [place for place, word in enumerate(words) if word in SHORT]
    if not places:
        return None
    place = rng.choice(places)
    return " ".join([*words[:place], rng.choice(SHORT[words[place]]), *words[place + 1 :]])


def turn_round(name: str, rng: random.Random) -> str | None:
    """The first word behind the second, after a comma: ``CRUZ, J.L. TRADING``."""
    first, *others = name.split(" ")
    return None if len(others) < 2 or "&" in name else " ".join([f"{others[0]},", first, *others[1:]])


def rename(name: str, rng: random.Random) -> str | None:
    """A new name that tells the former one."""
    return f"{rng.choice(('GRAND', 'NEW ERA', 'UNITED'))} {rng.randrange(10**6)} TRADING (FORMERLY: {name})"


VARY: Mapping[str, Vary] = {
    "misspelled": misspell,
    "abbreviated": abbreviate,
    "order": turn_round,
    "former": rename,
}
"""By the reason that speaks for the two being the same."""


@dataclass(frozen=True, kw_only=True)
class Planted:
    """``names`` with the variants among them; ``pairs`` are an original and its variant, by what was done."""

    names: Sequence[str]
    pairs: Mapping[frozenset[str], str]


def plant_variants(names: Sequence[str], variants: int, rng: random.Random) -> Planted:
    """Plant so many variants, each of another name."""
    known = set(names)
    pairs: dict[frozenset[str], str] = {}
    originals = rng.sample(list(names), len(names))
    while len(pairs) < variants:
        original = originals.pop()
        reason = rng.choice(list(VARY))
        variant = VARY[reason](original, rng)
        # A slip may change nothing: two equal letters changed over.
        if variant and variant not in known:
            known.add(variant)
            pairs[frozenset((original, variant))] = reason
    return Planted(names=sorted(known), pairs=pairs)
