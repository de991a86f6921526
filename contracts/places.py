"""Places as people name them, in what the sources write into ``area_of_delivery``.

The main source names provinces, several joined by commas ("Bulacan,Nueva Vizcaya"). The flood-control list
names a town, its province and its region ("PIÑAN (BULACAN), BULACAN, Region III"). Both become the same
provinces, cities of Metro Manila and regions here. Towns are none: many provinces have one that bears the
name of another province (Quezon, Rizal).

Regions and their provinces as the Philippine Statistics Authority lists them (PSGC), as of the years that the
flood-control list covers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache

_REGIONS: Mapping[tuple[str, ...], str] = {
    ("Metro Manila", "National Capital Region", "NCR", "Metropolitan Manila"): "",
    ("Cordillera Administrative Region", "CAR"): "Abra, Apayao, Benguet, Ifugao, Kalinga, Mountain Province",
    ("Region I", "Ilocos Region"): "Ilocos Norte, Ilocos Sur, La Union, Pangasinan",
    ("Region II", "Cagayan Valley"): "Batanes, Cagayan, Isabela, Nueva Vizcaya, Quirino",
    ("Region III", "Central Luzon"): "Aurora, Bataan, Bulacan, Nueva Ecija, Pampanga, Tarlac, Zambales",
    ("Region IV-A", "CALABARZON"): "Batangas, Cavite, Laguna, Quezon, Rizal",
    ("Region IV-B", "MIMAROPA"): "Marinduque, Occidental Mindoro, Oriental Mindoro, Palawan, Romblon",
    (
        "Region V",
        "Bicol Region",
    ): "Albay, Camarines Norte, Camarines Sur, Catanduanes, Masbate, Sorsogon",
    (
        "Region VI",
        "Western Visayas",
    ): "Aklan, Antique, Capiz, Guimaras, Iloilo, Negros Occidental",
    ("Region VII", "Central Visayas"): "Bohol, Cebu, Negros Oriental, Siquijor",
    (
        "Region VIII",
        "Eastern Visayas",
    ): "Biliran, Eastern Samar, Leyte, Northern Samar, Samar, Southern Leyte",
    ("Region IX", "Zamboanga Peninsula"): "Zamboanga del Norte, Zamboanga del Sur, Zamboanga Sibugay",
    (
        "Region X",
        "Northern Mindanao",
    ): "Bukidnon, Camiguin, Lanao del Norte, Misamis Occidental, Misamis Oriental",
    (
        "Region XI",
        "Davao Region",
    ): "Davao de Oro, Davao del Norte, Davao del Sur, Davao Occidental, Davao Oriental",
    ("Region XII", "SOCCSKSARGEN"): "Cotabato, Sarangani, South Cotabato, Sultan Kudarat",
    (
        "Region XIII",
        "Caraga",
    ): "Agusan del Norte, Agusan del Sur, Dinagat Islands, Surigao del Norte, Surigao del Sur",
    ("BARMM", "Bangsamoro", "ARMM"): "Basilan, Lanao del Sur, Maguindanao, Sulu, Tawi-Tawi",
}
_SPELLED = {
    "Compostela Valley": "Davao de Oro",
    "Compos. Valley": "Davao de Oro",
    "Dinagat Island": "Dinagat Islands",
    "North Cotabato": "Cotabato",
    "Western Samar": "Samar",
    "Mt. Province": "Mountain Province",
    "Maguindanao del Norte": "Maguindanao",
    "Maguindanao del Sur": "Maguindanao",
}
"""Names that a place also has or had, which the files use beside today's."""


@cache
def fold_place(name: str) -> str:
    """``name`` without case, accents and superfluous blanks: equal ones name the same place."""
    decomposed = unicodedata.normalize("NFD", name.casefold())
    plain = "".join(char for char in decomposed if unicodedata.category(char) != "Mn")
    return " ".join(plain.replace("(", " ").replace(")", " ").split())


def _name_regions() -> Iterator[tuple[str, str]]:
    for names in _REGIONS:
        shown = names[0] if names[0] == "Metro Manila" else f"{names[0]} ({names[1]})"
        yield from ((fold_place(name), shown) for name in (*names, shown))


_REGION_NAMES = dict(_name_regions())
_REGION_OF = {
    fold_place(province): _REGION_NAMES[fold_place(names[0])]
    for names, provinces in _REGIONS.items()
    for province in filter(None, provinces.split(", "))
}
_PROVINCES = {
    fold_place(province): province
    for provinces in _REGIONS.values()
    for province in filter(None, provinces.split(", "))
}
_OTHERS = {fold_place(other): place for other, place in _SPELLED.items()}
_KNOWN = {*_PROVINCES, *_REGION_NAMES}
ALSO_CALLED: Mapping[str, tuple[str, ...]] = {
    **{_REGION_NAMES[fold_place(names[0])]: names for names in _REGIONS},
    **{
        place: tuple(other for other, meant in _SPELLED.items() if meant == place)
        for place in _SPELLED.values()
    },
}
"""Place -> its other names, by which people look for it."""


def name_place(text: str) -> str:
    """The place that ``text`` names, as it is shown: its name of today, or ``text`` where none is known."""
    folded = fold_place(text)
    if folded in _REGION_NAMES:
        return _REGION_NAMES[folded]
    return _OTHERS.get(folded) or _PROVINCES.get(folded) or " ".join(text.split())


def read_places(area: str) -> list[str]:
    """The places that a text of ``area_of_delivery`` names, as ``name_place`` shows them, with regions."""
    parts = [part for part in map(str.strip, area.split(",")) if part]
    region = _REGION_NAMES.get(fold_place(parts[-1])) if len(parts) > 1 else None
    # Main texts may end with "Metro Manila" too, which is a region: only the other list spells provinces in
    # capitals before it.
    if region and parts[-2].isupper():
        return list(dict.fromkeys([_name_province(parts[-2]), region]))
    named = [_name_province(part) for part in parts]
    regions = [_REGION_OF[fold_place(one)] for one in named if fold_place(one) in _REGION_OF]
    return list(dict.fromkeys([*named, *regions]))


# A few hundred names make the many thousand texts.
@cache
def _name_province(part: str) -> str:
    """The province of a part, which may bear another name in brackets ("SAMAR (WESTERN SAMAR)")."""
    known = (name_place(name) for name in (part, *filter(str.strip, re.split(r"[()]", part))))
    named = next((name for name in known if fold_place(name) in _KNOWN), None)
    if named:
        return named
    plain = " ".join(part.split())
    return plain.title().replace(" Of ", " of ") if plain.isupper() else plain
