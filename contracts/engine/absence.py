"""Why a question finds nothing, or less than was meant, and what is near."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, TypedDict

from contracts.engine.aggregates import divide_shares
from contracts.engine.cursor import Cursor
from contracts.engine.matching import Matcher, read_phrases
from contracts.engine.names import Suggested
from contracts.errors import InvalidQuery
from contracts.fields import Also, Pesos
from contracts.questions.filters import EXACT, NAMED, Filters
from contracts.questions.searchtext import SearchText
from contracts.snapshot.words import WORD

CLOSE = 3
# To compare a name with 110,000 others, or a word with the vocabulary, takes tens of milliseconds.
MOST_COMPARED = 5
MOST_WORDS = 3
NO_REASONS = ("also_within", "include_flood_control", "flood_control_only")
# Two letters are near everything.
SHORTEST = 3


class UnknownName(TypedDict):
    """A name in a list of the filters that no contract bears, and those that are spelled nearly so."""

    filter: str
    name: str
    close: list[Suggested]


class Without(TypedDict):
    """What is found when a filter is left away, or one ``part`` of ``text``, which is ``instead`` then.
    ``include_flood_control`` is left away by including the second source."""

    filter: str
    part: str | None
    instead: str | None
    count: Annotated[int, Also(minimum=1)]
    total_value: Pesos


class NearWord(TypedDict):
    """A ``word`` that contracts hold, near a ``typed`` one that none holds, and what is found with it: with
    ``instead`` as the ``filter``, in which other words that none holds are replaced too."""

    typed: str
    word: str
    filter: Annotated[str, Also(enum=["text", "keywords"])]
    instead: str | list[str]
    count: Annotated[int, Also(minimum=1)]
    total_value: Pesos


class Absence(TypedDict):
    """What keeps a question from finding anything, most contracts first, and which words are near."""

    without: list[Without]
    near: list[NearWord]


class Implausible(TypedDict):
    """Contracts whose amount is hardly right (contracts.snapshot.implausible), what they make together, and
    which part that is of the value of all."""

    count: Annotated[int, Also(minimum=1)]
    total_value: Pesos
    share: Annotated[float, Also(minimum=0, maximum=1)]


class Remarks(TypedDict):
    """What to know of an answer beside its figures: the exact names that no contract bears, the amounts that
    are hardly right, and where there are no contracts, why."""

    unknown_names: list[UnknownName]
    implausible: Implausible | None
    nothing_found: Absence | None


def remark(filters: Filters, matcher: Matcher, cursor: Cursor) -> Remarks:
    """The remarks on an answer to ``filters``."""
    found = matcher.match_rows(filters).count
    return {
        "unknown_names": _list_unknown_names(filters, matcher, cursor),
        "implausible": _sum_up_implausible(filters, matcher),
        "nothing_found": None if found else _explain_absence(filters, matcher),
    }


def _sum_up_implausible(filters: Filters, matcher: Matcher) -> Implausible | None:
    rows = matcher.list_implausible(filters)
    if not len(rows):
        return None
    value, whole = matcher.rows.add_up(rows), matcher.match_rows(filters).total_value
    return {"count": len(rows), "total_value": f"{value:.2f}", "share": divide_shares(value, whole)}


def _list_unknown_names(filters: Filters, matcher: Matcher, cursor: Cursor) -> list[UnknownName]:
    """The exact names in ``filters`` that no contract bears; the first of them with close names."""
    unknown: list[UnknownName] = []
    taken = {**{name: name for name in NAMED}, **{f"except_{name}": name for name in EXACT}}
    for name, field in taken.items():
        if not (wanted := filters.names(name)):
            continue
        names = matcher.list_named(field)
        for label in names.list_unknown(wanted):
            close: list[Suggested] = []
            if len(unknown) < MOST_COMPARED:
                [phrase] = read_phrases(cursor, {label}).values()
                close = [one.to_json() for one in names.list_alike(phrase, limit=CLOSE)]
            unknown.append({"filter": name, "name": label, "close": close})
    return unknown


def _explain_absence(filters: Filters, matcher: Matcher) -> Absence:
    """Why ``filters``, which mean no contract, mean none."""
    without: list[Without] = []
    for name, part, wider in _leave_away(filters):
        found = matcher.sum_up(wider)
        if found.count:
            value = f"{found.total_value:.2f}"
            without.append(
                {
                    "filter": name,
                    "part": part,
                    "instead": str(wider.text) if part else None,
                    "count": found.count,
                    "total_value": value,
                }
            )
    without.sort(key=lambda one: -one["count"])
    return {"without": without, "near": list(_list_near(filters, matcher))}


def _leave_away(filters: Filters) -> Iterator[tuple[str, str | None, Filters]]:
    """Each filter in use, or part of it, and the filters without it."""
    # Left alone, any filter finds nothing for itself: that all contracts are there without it says nothing.
    empty = Filters(include_flood_control=filters.include_flood_control)
    for name, member in Filters.model_fields.items():
        # All that is said of days is left away together: one box of the page empties them.
        days = {"also_within": ()} if name == "time_ranges" else {}
        wider = filters.model_copy(update={name: member.default, **days})
        if wider not in (filters, empty) and name not in NO_REASONS:
            yield name, None, wider
    if filters.text and len(filters.text.alternatives) == 1:
        [terms] = filters.text.alternatives
        for term in terms if len(terms) > 1 else ():
            fewer = SearchText((tuple(other for other in terms if other is not term),))
            yield "text", str(term), filters.model_copy(update={"text": fewer})
    if not filters.include_flood_control:
        yield (
            "include_flood_control",
            None,
            filters.model_copy(update={"include_flood_control": True}),
        )


def _list_near(filters: Filters, matcher: Matcher) -> Iterator[NearWord]:
    near = {word: words for word in _list_absent(filters, matcher) if (words := matcher.list_near(word))}
    best = {typed: words[0] for typed, words in near.items()}
    for typed, words in near.items():
        for word in words:
            yield from _try(filters, matcher, typed, {**best, typed: word})


def _try(filters: Filters, matcher: Matcher, typed: str, replaced: Mapping[str, str]) -> Iterator[NearWord]:
    given = filters.to_json()
    typed_in = [name for name in ("text", "keywords") if getattr(filters, name)]
    changed: dict[str, Any] = {name: _replace(given[name], replaced) for name in typed_in}
    try:
        found = matcher.sum_up(Filters.from_json({**given, **changed}))
    except InvalidQuery:
        return  # a longer word in place of a shorter one made it too long
    name = next(name for name in changed if changed[name] != given[name])
    if found.count:
        yield {
            "typed": typed,
            "word": replaced[typed],
            "filter": name,
            "instead": changed[name],
            "count": found.count,
            "total_value": f"{found.total_value:.2f}",
        }


def _replace(given: Any, replaced: Mapping[str, str]) -> Any:
    if isinstance(given, list):
        return [_replace(one, replaced) for one in given]
    return WORD.sub(lambda found: replaced.get(found[0], found[0]), given)


def _list_absent(filters: Filters, matcher: Matcher) -> list[str]:
    """The words looked for that stand in no contract at all."""
    terms = [term for some in (filters.text.alternatives if filters.text else ()) for term in some]
    looked_for = [*(term.phrase for term in terms if not term.excluded), *filters.keywords]
    words = dict.fromkeys(word for text in looked_for for word in WORD.findall(text))
    absent = (word for word in words if len(word) >= SHORTEST and not matcher.knows(word))
    return [word for _, word in zip(range(MOST_WORDS), absent, strict=False)]
