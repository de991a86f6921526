"""Addresses of names: one for each, the same for ever, and readable."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.questions.entities.addresses import MOST_WORDS_LENGTH, make_key, make_slug, read_key
from contracts.questions.entities.kinds import KINDS

odd = st.text(alphabet=st.sampled_from("aAáÁñÑ ß.-'\"/\\&%#?_0文🏗\u202e"), min_size=1, max_size=8)
names = odd | st.text(min_size=1, max_size=200)


def test_kinds_are_the_exact_filters_that_are_shown_at_once() -> None:
    assert {name: kind.filter for name, kind in KINDS.items()} == {
        "contractors": "contractors",
        "organizations": "organizations",
        "areas": "areas",
        "categories": "business_categories",
    }


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Peña & Sons", "pena-sons"),
        ("Señor O'Brien, INC.", "senor-obrien-inc"),
        ("  --A/B?c#d=%20..", "a-b-c-d-20"),
        ("文字", ""),
        ("x" * 70, "x" * MOST_WORDS_LENGTH),
        (
            "DEPARTMENT OF PUBLIC WORKS AND HIGHWAYS - BULACAN 1ST DISTRICT ENGINEERING OFFICE",
            "department-of-public-works-and-highways-bulacan-1st-district",
        ),
    ],
)
def test_slug_is_the_folded_name_with_hyphens_and_a_key(name: str, words: str) -> None:
    assert make_slug(name) == "-".join(filter(None, [words, make_key(name)]))


def test_slug_of_a_name_never_changes() -> None:
    # Links to it stand in other people's texts.
    assert make_slug("Peña & Sons") == "pena-sons-be7c8d40470f"


@given(names, names)
def test_distinct_names_have_distinct_slugs(one: str, other: str) -> None:
    assert (make_slug(one) == make_slug(other)) == (one == other)


@given(names)
def test_slug_is_made_of_plain_characters_and_leads_back_to_its_key(name: str) -> None:
    slug = make_slug(name)
    assert re.fullmatch("[a-z0-9-]+", slug)
    assert len(slug) <= MOST_WORDS_LENGTH + 13
    assert read_key(slug) == make_key(name)


@pytest.mark.parametrize(
    "text", ["", "-", "pena-sons", "be7c8d40470", "-be7c8d40470f", "x-BE7C8D40470F", "é"]
)
def test_what_holds_no_key_is_no_slug(text: str) -> None:
    assert read_key(text) is None
