"""What people type into one box, and what it means.

    text         alternative ("or" alternative)*
    alternative  term term ...        all of them must be found, in any order, in any of the columns
    term         word | "a phrase"    found at the start of a word of one column, ignoring case and accents
                 -word | -"a phrase"  leaves out the contracts in which it is found

"or" joins whole alternatives: ``flood control or revetment`` is (flood and control) or revetment. A mark that
stands alone (& - /) is passed over, as it is in names that people paste. Words that are an acronym or what it
stands for (``contracts.acronyms``) are found in either spelling; a phrase is looked for as it stands.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from contracts.acronyms import find_spelling
from contracts.questions.model import Schema, check_by, invalid
from contracts.questions.reading import shown, storable
from contracts.questions.texts import SEEN, clean, phrases_of

MAX_TEXT_LENGTH = 300
MAX_TERMS = 30
# Of two acronyms in one text, each with two spellings beside it.
MAX_SPELLINGS = 9
# Phones and word processors type the curly ones.
_STRAIGHT = str.maketrans("“”„‟", '""""')
_TOKEN = re.compile(r'(?P<minus>-+)?"(?P<phrase>[^"]*)(?P<end>"?)|(?P<word>\S+)')

_check_storable = check_by(storable)


@dataclass(frozen=True)
class Term:
    """One thing to look for, as it was typed. ``quoted``: as a phrase; ``excluded``: it leaves contracts
    out."""

    phrase: str
    quoted: bool = False
    excluded: bool = False

    def __str__(self) -> str:
        return f"{'-' * self.excluded}{chr(34) * self.quoted}{self.phrase}{chr(34) * self.quoted}"


@dataclass(frozen=True)
class Wanted:
    """What the terms of an alternative want together: the phrases of one of the ``ways`` must all be found
    (or, ``excluded``, must not)."""

    ways: tuple[tuple[str, ...], ...]
    excluded: bool


@dataclass(frozen=True)
class SearchText:
    """A typed text, as its alternatives; in JSON it is one text, from which the same is read again."""

    # In the order in which they were typed, in which the words of a spelling stand together.
    alternatives: tuple[tuple[Term, ...], ...]

    def __str__(self) -> str:
        return " or ".join(" ".join(map(str, terms)) for terms in self.alternatives)

    @classmethod
    def parse(cls, typed: str) -> SearchText:
        """Raises pydantic's error, whose message says at which character."""
        return cls(tuple(_read_alternatives(_check_storable(typed))))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            _read_text, serialization=core_schema.plain_serializer_function_ser_schema(str)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> Schema:
        about = 'words that must all be found; "a phrase"; -word leaves out; or joins alternatives'
        return {"type": "string", "description": about, "maxLength": MAX_TEXT_LENGTH, "pattern": SEEN}


def list_wanted(terms: Sequence[Term]) -> list[Wanted]:
    """What the terms of an alternative want, acronyms and what they stand for in all of their spellings."""
    wanted, place = [], 0
    while place < len(terms):
        length, others = find_spelling(tuple(term.phrase for term in _take_words(terms[place:])))
        typed = tuple(term.phrase for term in terms[place : place + length])
        wanted.append(Wanted((typed, *((other,) for other in others)), terms[place].excluded))
        place += length
    return wanted


def list_phrases(text: SearchText) -> set[str]:
    """All phrases that are looked for."""
    wanted = itertools.chain.from_iterable(map(list_wanted, text.alternatives))
    return {phrase for one in wanted for way in one.ways for phrase in way}


def spell_typed(typed: str) -> list[tuple[str, ...]]:
    """What somebody types to find names, as the ways in which a name may hold it: all phrases of one of them.

    The phrases are the words; where && stands between them, what it separates.
    """
    words = " ".join(clean(typed).split()).split(" ")
    parts = phrases_of(typed) if "&&" in typed else tuple(filter(_is_word, words)) or phrases_of(typed)
    ways, place = [], 0
    while place < len(parts):
        length, others = find_spelling(parts[place:])
        ways.append([parts[place : place + length], *((other,) for other in others)])
        place += length
    spelled = (tuple(itertools.chain(*chosen)) for chosen in itertools.product(*ways) if chosen)
    return list(itertools.islice(spelled, MAX_SPELLINGS))


def find_number(terms: Sequence[Term]) -> str | None:
    """The number of a contract that an alternative may be: one term, or the words of a number with blanks,
    each with a digit."""
    # Not all words of which any has a digit: "road 2024" is none, and older datasets cannot look one up.
    if not all(any(char.isdigit() for char in term.phrase) and not term.excluded for term in terms):
        return None
    is_one = len(terms) == 1 or not any(term.quoted for term in terms)
    return " ".join(term.phrase for term in terms) if is_one else None


def _take_words(terms: Sequence[Term]) -> Iterator[Term]:
    """The first terms, as far as they may be words of one spelling; an excluded one stands alone."""
    for place, term in enumerate(terms):
        if term.quoted or (place and term.excluded):
            return
        yield term
        if term.excluded:
            return


def _read_text(given: object) -> SearchText:
    if isinstance(given, SearchText):
        return given
    if not isinstance(given, str):
        raise invalid(f"expected text, got {shown(given)}")
    if len(given) > MAX_TEXT_LENGTH:
        raise invalid(f"at most {MAX_TEXT_LENGTH} characters, got {len(given)}")
    return SearchText.parse(given)


def _read_alternatives(typed: str) -> Iterator[tuple[Term, ...]]:
    terms: list[Term] = []
    joined: int | None = None
    count = 0
    for place, token in _list_tokens(clean(typed).translate(_STRAIGHT)):
        if token is None:
            if not terms:
                raise invalid(f"character {place}: or needs something to look for before it")
            yield tuple(terms)
            terms, joined = [], place
            continue
        count += 1
        if count > MAX_TERMS:
            raise invalid(f"character {place}: at most {MAX_TERMS} words and phrases can be looked for")
        terms.append(token)
    if joined is not None and not terms:
        raise invalid(f"character {joined}: or needs something to look for after it")
    if not terms:
        raise invalid("there is no word to look for: it needs a letter or a digit")
    yield tuple(terms)


def _list_tokens(typed: str) -> Iterator[tuple[int, Term | None]]:
    """The terms, and None for each "or", with their places from 1."""
    for match in _TOKEN.finditer(typed):
        place = match.start() + 1
        word = match["word"]
        if word is None:
            yield place, _read_phrase(match, place)
        elif word.casefold() == "or":
            yield place, None
        elif _is_word(word):
            yield place, Term(word.lstrip("-"), excluded=word.startswith("-"))


def _read_phrase(match: re.Match[str], place: int) -> Term:
    if not match["end"]:
        raise invalid(f"character {place}: the quotation mark is not closed")
    phrase = " ".join(match["phrase"].split())
    # A lone accent is nothing once accents have gone.
    if all(unicodedata.category(char)[0] in "MZC" for char in phrase):
        raise invalid(f"character {place}: there is nothing between the quotation marks")
    return Term(phrase, quoted=True, excluded=bool(match["minus"]))


def _is_word(text: str) -> bool:
    return any(unicodedata.category(char)[0] in "LN" for char in text)
