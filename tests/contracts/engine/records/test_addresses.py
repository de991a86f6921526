"""Addresses of contracts: which numbers they hold, and how these stand in a path."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from contracts.engine.records.addresses import Address, make_address, read_address
from contracts.questions.texts import clean
from tests.contracts.small_stores import make_award

NUMBERS = st.text(min_size=1, max_size=40).map(clean).filter(str.strip)


def test_address_holds_reference_and_award_number_folded() -> None:
    assert make_address(make_award(7)) == Address("7", "7")
    row = make_award(reference_id="00 51-a", award_number="0")
    assert make_address(row) == Address("51-A", "0")


def test_project_and_contract_number_stand_for_numbers_that_are_missing() -> None:
    project = make_award(reference_id=None, award_number=None, project_id="P001LZ", contract_number="22/A")
    assert make_address(project) == Address("P001LZ", "22/A")
    unnumbered = make_award(reference_id="5", award_number=None, project_id=None, contract_number=None)
    assert make_address(unnumbered) == Address("5", "")
    nothing = {**unnumbered, "reference_id": None}
    assert make_address(nothing) is None


def test_odd_characters_survive_servers_and_clients() -> None:
    assert Address("5", "PO/2024%#?").parts == ("5", "PO~2F2024~25~23~3F")
    assert Address("-", "..").parts == ("~2D", "~2E~2E")
    assert Address("", "Ñ~").parts == ("-", "~C3~91~7E")


@given(NUMBERS, NUMBERS)
def test_an_address_is_read_from_its_own_path(reference: str, award: str) -> None:
    row = make_award(reference_id=reference, award_number=award)
    address = make_address(row)
    assert address is not None
    assert all(part.isascii() and not set("/%?#\\ ") & set(part) for part in address.parts)
    assert read_address(*address.parts) == address


def test_other_spellings_of_a_number_are_the_same_address() -> None:
    assert read_address("000 51", "po/2024") == Address("51", "PO/2024")
    assert read_address("-", "C-1") == Address("", "C-1")


def test_what_is_no_address_is_told_from_one() -> None:
    for parts in (("-", "-"), (" ", "1"), ("~ff", "1"), ("\ud800", "1"), ("1" * 2000, "1"), ("\x00", "1")):
        assert read_address(*parts) is None
