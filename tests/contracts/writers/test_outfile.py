from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from contracts.writers.outfile import Blocks


@given(pieces=st.lists(st.binary(max_size=40), max_size=12), size=st.integers(1, 9))
def test_blocks_have_one_size_however_the_bytes_come(pieces: list[bytes], size: int) -> None:
    taken: list[bytes] = []
    blocks = Blocks(lambda block: taken.append(bytes(block)), size=size)
    for piece in pieces:
        blocks.append(piece)
    blocks.flush()
    whole = b"".join(pieces)
    assert taken == [whole[start : start + size] for start in range(0, len(whole), size)]
