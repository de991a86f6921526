"""Names that may be the same as another one: misspelled, abbreviated, turned round, cut off, or former ones.

Nothing is merged by it: each is proposed with a score and with what speaks for it, and a person decides.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, TypedDict

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from contracts.engine.cursor import Cursor
from contracts.engine.entities.answers import KindName, NamedEntity, Slug
from contracts.engine.entities.facts import Known, shape_named
from contracts.engine.entities.spellings import (
    LEGAL_FORMS,
    fold_plain,
    list_essential_words,
    make_spelling_key,
)
from contracts.fields import Also
from contracts.questions.entities.kinds import EntityKind
from contracts.snapshot.expressions import Statement

Reason = Literal["misspelled", "abbreviated", "order", "cut", "former"]


class Evidence(TypedDict):
    """What speaks for two names being the same; ``here`` stands in the one, ``there`` in the other."""

    reason: Reason
    here: str
    there: str


class AlikeEntity(NamedEntity):
    """A name that may be the same; ``score`` from 0 to 1 is how alike both are, letter by letter, their words
    written out and sorted."""

    score: Annotated[float, Also(minimum=0, maximum=1)]
    evidence: list[Evidence]


class Alike(TypedDict):
    """The names that may be the same as one: ``spellings`` differ by nothing that people mean by a name,
    ``alike`` are guesses."""

    kind: KindName
    slug: Slug
    name: str
    dataset_version: str
    spellings: list[NamedEntity]
    alike: list[AlikeEntity]


@dataclass(frozen=True)
class Comparison:
    """What two names have in common. ``doubtful`` are pairs of words that are one only where one of them is
    hardly ever seen elsewhere."""

    score: float
    evidence: Sequence[Evidence]
    doubtful: Sequence[tuple[str, str]] = ()

    @property
    def words(self) -> Iterator[str]:
        for pair in self.doubtful:
            yield from pair


# At the source, names of organizations end after so many characters.
CUT_AT = 60
# Two shorter words are often two names: Lim and Lin, Reyes and Reyos not.
SHORTEST = 5
# Words of this many names are words of their own: of two that are common, none is a slip of the pen.
SELDOM = 2
# Of two names, more than this many words differ: they are others.
MOST_DIFFERENT = 2
MOST = 20
MOST_COMPARED = 300
# What DuckDB lets through to be compared word by word; below it, misspelled names are hardly ever.
NEAR = 0.86
ABBREVIATIONS: Mapping[str, str] = {
    short: long
    for long, shorts in {
        "construction": "const constr cons",
        "builders": "bldrs bldr",
        "enterprises": "ent entp ents",
        "general": "gen genl",
        "merchandise": "mdse merch",
        "services": "svcs serv svc",
        "marketing": "mktg mktng",
        "manufacturing": "mfg",
        "engineering": "engg eng",
        "development": "dev devt",
        "philippines": "phils phil",
        "international": "intl",
        "santa": "sta",
        "santo": "sto",
        "department": "dept",
        "national": "natl",
        "municipality": "mun",
        "elementary": "elem",
        "barangay": "brgy bgy",
        "school": "sch",
        "hospital": "hosp",
        "university": "univ",
        "medical": "med",
        "district": "dist",
    }.items()
    for short in shorts.split()
}
"""Folded short word -> what it stands for, as buyers and suppliers of PhilGEPS write them."""
_SHORTENED = frozenset((*ABBREVIATIONS, *ABBREVIATIONS.values()))
_FORMER = re.compile(r"\(\s*FORMERLY\s*:?\s*(?P<before>[^()]+?)\s*\)", re.IGNORECASE)


def compare_names(here: str, there: str) -> Comparison | None:
    """What speaks for two names being the same; None where nothing does, or where they are spellings of one
    name already (``contracts.engine.entities.spellings``)."""
    return _compare_former(here, there) or _compare_words(here, there)


def _compare_former(here: str, there: str) -> Comparison | None:
    for one, other in ((here, there), (there, here)):
        found = _FORMER.search(one)
        names = (found["before"], _FORMER.sub("", one)) if found else ()
        key = make_spelling_key(other)
        if key and key in map(make_spelling_key, names):
            return Comparison(1.0, [{"reason": "former", "here": here, "there": there}])
    return None


def _compare_words(here: str, there: str) -> Comparison | None:
    some, others = list_essential_words(here), list_essential_words(there)
    if "".join(some) == "".join(others):
        return None
    if len(here) != len(there) and _is_cut(here, there):
        return Comparison(
            min(len(here), len(there)) / max(len(here), len(there)),
            [{"reason": "cut", "here": here, "there": there}],
        )
    left = list((Counter(some) - Counter(others)).elements())
    right = list((Counter(others) - Counter(some)).elements())
    if len(left) != len(right) or len(left) > MOST_DIFFERENT:
        return None
    if not left:
        return Comparison(1.0, [{"reason": "order", "here": here, "there": there}])
    return _pair(some, others, left, right)


def _is_cut(here: str, there: str) -> bool:
    short, long = sorted((here, there), key=len)
    return len(short) == CUT_AT and long.startswith(short)


def _pair(
    some: Sequence[str], others: Sequence[str], left: Sequence[str], right: Sequence[str]
) -> Comparison | None:
    """Both names are the same where each word that only one has belongs to one of the other's."""
    evidence: list[Evidence] = []
    doubtful: list[tuple[str, str]] = []
    free = list(right)
    for word in left:
        found = [(reason, other) for other in free if (reason := _relate(word, other))]
        if not found:
            return None
        reason, other = found[0]
        free.remove(other)
        evidence.append({"reason": reason, "here": word, "there": other})
        if reason == "misspelled":
            doubtful.append((word, other))
    whole = (" ".join(sorted(ABBREVIATIONS.get(word, word) for word in words)) for words in (some, others))
    return Comparison(round(fuzz.ratio(*whole) / 100, 3), evidence, doubtful)


def _relate(word: str, other: str) -> Reason | None:
    # Two numbers are two branches, and two initials two people.
    if any(map(str.isdigit, word + other)):
        return None
    if ABBREVIATIONS.get(word, word) == ABBREVIATIONS.get(other, other):
        return "abbreviated"
    shorter = min(len(word), len(other))
    slips = 1 if shorter < 9 else 2
    if shorter >= SHORTEST and OSA.distance(word, other, score_cutoff=slips) <= slips:
        return "misspelled"
    return None


def list_alike(kind: EntityKind, known: Known, cursor: Cursor) -> list[AlikeEntity]:
    """The names of a kind that may be the same as one of them, most alike first."""
    near = cursor.fetch(_select_near(kind, known.name), Known)
    compared = [(other, found) for other in near if (found := compare_names(known.name, other.name))]
    seldom = _list_seldom(kind, {word for _, found in compared for word in found.words}, cursor)
    kept = [
        _shape(other, found)
        for other, found in compared
        # A slip of the pen is seen once or twice; two words that many names hold are two words.
        if all(seldom & set(pair) for pair in found.doubtful)
    ]
    kept.sort(key=lambda one: (-one["score"], -one["count"], one["name"]))
    return kept[:MOST]


def _shape(other: Known, found: Comparison) -> AlikeEntity:
    return {**shape_named(other), "score": found.score, "evidence": list(found.evidence)}


def _select_near(kind: EntityKind, name: str) -> Statement:
    """Rows of Known whose names are worth a comparison word by word."""
    # Of a name that was turned round all words are there, and of one that is somebody's former name.
    former = _FORMER.search(name)
    wholes = [_FORMER.sub("", name), *([former["before"]] if former else [])]
    words: list[str] = []
    held = " OR ".join(_hold(whole, words) for whole in wholes)
    near = "jaro_winkler_similarity(folded, (SELECT folded FROM own))"
    # Similar from their beginning on, as Jaro and Winkler weigh it.
    return Statement(
        f"""WITH own AS (SELECT folded FROM labels WHERE field = $1 AND label = $2 LIMIT 1), compared AS (
            SELECT *, ({held}) AS held, {near} AS near FROM labels WHERE field = $1 AND label <> $2
        )
        SELECT label, main_rows, main_value, all_rows, all_value FROM compared
        WHERE held OR near >= {NEAR} ORDER BY held DESC, near DESC, label LIMIT {MOST_COMPARED}""",
        (kind.column, name, *words),
    )


def _hold(name: str, words: list[str]) -> str:
    """The condition that all words of a name are there but those that may be shortened; they go to
    ``words``, the third value and further."""
    # The longest first: where that is missing, the others are not looked for.
    # Cut at every sign: "Cruz's" is folded to two words, and "&" is no word there.
    parts = set(re.findall(r"[^\W_]+", fold_plain(name))) - LEGAL_FORMS - _SHORTENED
    own = sorted(parts, key=lambda word: (-len(word), word))
    first = len(words) + 3
    words += own
    return " AND ".join(f"contains(folded, ${first + place})" for place in range(len(own))) or "false"


def _list_seldom(kind: EntityKind, words: set[str], cursor: Cursor) -> set[str]:
    """Those of ``words`` with which hardly a word of any name begins."""
    if not words:
        return set()
    ordered = sorted(words)
    counts = ", ".join(
        f"count(*) FILTER (contains(folded, ${place}))" for place in range(2, len(ordered) + 2)
    )
    statement = Statement(
        f"SELECT {counts} FROM labels WHERE field = $1", (kind.column, *(chr(1) + word for word in ordered))
    )
    [found] = cursor.fetch(statement, lambda *numbers: numbers)
    return {word for word, names in zip(ordered, found, strict=True) if names <= SELDOM}
