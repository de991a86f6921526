from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.acronyms import ACRONYMS
from contracts.errors import InvalidQuery
from contracts.questions.filters import Filters
from contracts.questions.searchtext import (
    MAX_TERMS,
    SearchText,
    Term,
    find_number,
    list_wanted,
    spell_typed,
)


def read(typed: Any) -> SearchText:
    text = Filters.from_json({"text": typed}, "/filters").text
    assert text is not None
    return text


@pytest.mark.parametrize(
    ("typed", "alternatives"),
    [
        ("flood  control", [["flood", "control"]]),
        ("flood control or revetment", [["flood", "control"], ["revetment"]]),
        ("a OR b Or c", [["a"], ["b"], ["c"]]),
        ('"flood  control" bulacan', [['"flood control"', "bulacan"]]),
        ("“flood control”", [['"flood control"']]),
        ("road -repair", [["road", "-repair"]]),
        ('road -"concrete pipe"', [["road", '-"concrete pipe"']]),
        ("-road", [["-road"]]),
        ("--road", [["-road"]]),
        ('"or" b', [['"or"', "b"]]),
        ("order oral", [["order", "oral"]]),
        # A quotation mark inside a word is an inch.
        ('12" pipe', [['12"', "pipe"]]),
        ('"a b"c', [['"a b"', "c"]]),
        ("multi-purpose (phase 2)", [["multi-purpose", "(phase", "2)"]]),
        # Marks that stand alone, as in pasted names.
        ("DPWH - Bulacan 1st & 2nd / DEO", [["DPWH", "Bulacan", "1st", "2nd", "DEO"]]),
        ("flood && control", [["flood", "control"]]),
        ('"&&"', [['"&&"']]),
        ("Pen\u0303a\x01", [["Peña"]]),
    ],
)
def test_text_is_read_as_its_grammar_says(typed: str, alternatives: list[list[str]]) -> None:
    assert [[str(term) for term in terms] for terms in read(typed).alternatives] == alternatives


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ('flood "control', "character 7: the quotation mark is not closed"),
        ('-"a', "character 1: the quotation mark is not closed"),
        ('a "" b', "character 3: there is nothing between the quotation marks"),
        ('a "\u0301"', "character 3: there is nothing between the quotation marks"),
        ("or a", "character 1: or needs something to look for before it"),
        ("a or or b", "character 6: or needs something to look for before it"),
        ("a or", "character 3: or needs something to look for after it"),
        ("a or -", "character 3: or needs something to look for after it"),
        ("& - /", "there is no word to look for: it needs a letter or a digit"),
        (" ", "there is no word to look for: it needs a letter or a digit"),
        ("x " * (MAX_TERMS + 1), "character 61: at most 30 words and phrases can be looked for"),
        ("x" * 301, "at most 300 characters, got 301"),
        ("a\x00", "must not contain a NUL character"),
        (7, "expected text, got 7"),
        (["a"], 'expected text, got ["a"]'),
    ],
)
def test_text_that_cannot_be_read_is_refused_at_the_character(typed: Any, message: str) -> None:
    with pytest.raises(InvalidQuery) as refused:
        read(typed)
    assert (refused.value.pointer, refused.value.message) == ("/filters/text", message)


@settings(deadline=None)
@given(st.text(st.sampled_from('abOR or -"“”&é\u0301\x01 1'), max_size=14))
def test_canonical_text_reads_back_as_the_same(typed: str) -> None:
    try:
        text = SearchText.parse(typed)
    except ValueError:
        return
    assert SearchText.parse(str(text)) == text
    assert str(SearchText.parse(str(text))) == str(text)


def ways_of(typed: str) -> list[tuple[tuple[str, ...], ...]]:
    [terms] = read(typed).alternatives
    return [wanted.ways for wanted in list_wanted(terms)]


def test_acronym_and_what_it_stands_for_are_found_by_either() -> None:
    assert ways_of("DepEd cebu") == [(("DepEd",), ("Department of Education",)), (("cebu",),)]
    assert ways_of("cebu department OF education") == [
        (("cebu",),),
        (("department", "OF", "education"), ("DepEd",)),
    ]
    assert ways_of("-deped") == [(("deped",), ("Department of Education",))]
    for untouched in ('"DepEd"', "department education", "department -of education"):
        assert all(len(ways) == 1 for ways in ways_of(untouched)), untouched


def test_no_two_acronyms_share_a_spelling() -> None:
    spellings = [one.casefold() for short, names in ACRONYMS.items() for one in (short, *names)]
    assert len(set(spellings)) == len(spellings)
    assert {"DPWH", "DepEd", "DOH", "LGU"} <= ACRONYMS.keys()


def test_only_a_term_or_words_with_a_digit_each_may_be_a_number() -> None:
    found = {
        typed: find_number(read(typed).alternatives[0])
        for typed in ("0012", '"C 12"', "12 x", "-12", "x", "24EG 0058", '24EG "0058"', "24EG -0058")
    }
    assert {typed: number for typed, number in found.items() if number} == {
        "0012": "0012",
        '"C 12"': "C 12",
        "24EG 0058": "24EG 0058",
    }


@pytest.mark.parametrize(
    ("typed", "ways"),
    [
        ("", []),
        ("public works", [("public", "works")]),
        ("public works && district", [("district", "public works")]),
        ("DOH - cebu", [("DOH", "cebu"), ("Department of Health", "cebu")]),
        ("&", [("&",)]),
    ],
)
def test_typed_names_are_spelled_in_all_ways(typed: str, ways: list[tuple[str, ...]]) -> None:
    assert [tuple(sorted(way)) for way in spell_typed(typed)] == [tuple(sorted(way)) for way in ways]


def test_term_says_itself_as_it_is_typed() -> None:
    assert str(Term("a b", quoted=True, excluded=True)) == '-"a b"'
