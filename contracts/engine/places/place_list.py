"""The places that a snapshot's texts of the area of delivery name: which texts mean each, and its sums.

The texts are the import's dictionary, in which each stands once with its code and its sums: some two thousand
in real files. So no contract is read to find places, and datasets of older programs have them too.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from contracts.engine.names import Labels, NameList
from contracts.places import ALSO_CALLED, fold_place, name_place, read_places
from contracts.questions.texts import NameWanted
from contracts.snapshot.words import MARK

_SUMS = ("main_rows", "main_value", "all_rows", "all_value")


class PlaceList(NameList):
    """The places with what they stand for; a contract of several places counts for each. ``areas`` are the
    texts."""

    # "Leyte" as a pattern would mean Southern Leyte too.
    takes_patterns = False

    def __init__(self, areas: NameList) -> None:
        texts = areas.column("label").to_pylist()
        self._areas = len(texts)
        codes: defaultdict[str, list[int]] = defaultdict(list)
        for code, text in enumerate(texts):
            for place in read_places(text or ""):
                codes[place].append(code)
        self._codes = {fold_place(place): some for place, some in codes.items()}
        sums = {name: _add_up(areas.column(name), list(codes.values())) for name in _SUMS}
        folded = pa.array([_fold(place) for place in codes], pa.string())
        super().__init__(pa.table({"label": pa.array(codes, pa.string()), "folded": folded, **sums}))
        # Whoever looks for NCR means Metro Manila.
        self._searched = pa.array(
            [_fold(" ".join((place, *ALSO_CALLED.get(place, ())))) for place in codes], pa.string()
        )

    def mean_areas(self, wanted: Sequence[str]) -> Labels:
        """The texts, by their codes, that name one of the places."""
        meant = np.zeros(self._areas, np.bool_)
        for name in wanted:
            meant[self._find_codes(name)] = True
        return meant

    def list_unknown(self, wanted: Sequence[NameWanted]) -> list[str]:
        return [name for name in wanted if isinstance(name, str) and not self._find_codes(name)]

    def _find_codes(self, name: str) -> list[int]:
        return self._codes.get(fold_place(name_place(name)), [])


def _add_up(figures: pa.Array, lists: Sequence[Sequence[int]]) -> pa.Array:
    """The sums of the figures at the places of each list, none of which is empty."""
    sums = [pc.sum(figures.take(pa.array(places, pa.int64()))).as_py() for places in lists]
    return pa.array(sums, figures.type)


def _fold(text: str) -> str:
    """As ``contracts.snapshot.expressions.fold_field`` does; places have no stranger letters than ñ."""
    return MARK + re.sub(r"([^\w ])", rf"\1{MARK}", fold_place(text)).replace(" ", MARK)
