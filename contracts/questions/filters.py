"""Which contracts are meant. Each filter is declared once, as a member of ``Filters``: its name and type in
JSON, and beside them the column, the words, the URL parameter and the place in the form.

Parser, OpenAPI, SQL, words, the page's form and its links follow. A new exact filter on an imported column is
one more pair of members here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, TypeVar

from pydantic import AfterValidator, FailFast, Field, Strict, model_validator

from contracts.fields import REPAIRABLE
from contracts.questions.model import Added, Question
from contracts.questions.numbers import Numbers, ValueRange
from contracts.questions.periods import NarrowerRanges, TimeRange, TimeRanges, intersect_groups
from contracts.questions.searchtext import SearchText
from contracts.questions.texts import Keywords, Names, OneOf, Places, say_names, sort_distinct

D = TypeVar("D")


@dataclass(frozen=True, kw_only=True)
class Exact:
    """Rows whose ``column`` is one of the names, or one that a pattern means. ``word`` is what one name is
    called in sentences, links (URL parameter) and dimensions (``contracts.questions.dimensions``); ``label``
    and ``hint`` are the form's, ``plural`` the charts'."""

    column: str
    word: str
    label: str
    plural: str
    hint: str
    more: bool = False
    """Whether the form shows it only to those who ask for more filters."""

    @property
    def words(self) -> str:
        return self.word.replace("_", " ")


@dataclass(frozen=True, kw_only=True)
class AllBut:
    """Leaves out the rows that the exact filter ``of`` means by these names."""

    of: str


@dataclass(frozen=True)
class On:
    """The columns that a filter of another sort speaks of."""

    columns: tuple[str, ...]


_SAID = {"include": "", "exclude": "without implausible amounts", "only": "implausible amounts only"}
Implausible = Annotated[str, OneOf(_SAID, "choice for implausible amounts")]

RepairedFields = Annotated[
    tuple[Annotated[str, OneOf(REPAIRABLE, "column that is ever repaired")], ...],
    FailFast(),
    # Each once is the most that can be meant.
    Field(max_length=len(REPAIRABLE)),
    AfterValidator(sort_distinct),
]


class Filters(Question):
    """Which contracts are meant: OR inside a list, AND between lists.

    A name list holds names as they are stored and patterns (``contains``); a None in it means the rows whose
    label is missing; the ``except_`` lists leave rows out. ``keywords`` holds phrases as typed; ``&&`` inside
    one string joins phrases that must all be found. ``text`` is what people type into one
    box (contracts.questions.searchtext), ``numbers`` are reference, award and contract numbers.
    ``places`` are provinces and regions in whatever way a source writes them. ``implausible`` is what becomes
    of contracts whose amount is hardly right. ``repaired_fields`` are columns, one of which is missing as its
    raw text is of no use. ``also_within`` narrows ``time_ranges``, ``flood_control_only`` leaves the second
    source alone.
    """

    contractors: Annotated[
        Names,
        Exact(
            column="awardee_name",
            word="contractor",
            label="Contractor",
            plural="contractors",
            hint="Who got the contract",
        ),
    ] = ()
    organizations: Annotated[
        Names,
        Exact(
            column="organization_name",
            word="organization",
            label="Organization",
            plural="organizations",
            hint="The procuring entity",
        ),
    ] = ()
    areas: Annotated[
        Names,
        Exact(
            column="area_of_delivery",
            word="area",
            label="Area of delivery",
            plural="areas of delivery",
            hint="Province, city or region",
        ),
    ] = ()
    business_categories: Annotated[
        Names,
        Exact(
            column="business_category",
            word="category",
            label="Category",
            plural="categories",
            hint="What was bought",
        ),
    ] = ()
    procurement_modes: Annotated[
        Names,
        Exact(
            column="procurement_mode",
            word="procurement_mode",
            label="Procurement mode",
            plural="procurement modes",
            hint="Bidding or an alternative",
            more=True,
        ),
    ] = ()
    funding_sources: Annotated[
        Names,
        Exact(
            column="funding_source",
            word="funding_source",
            label="Funding source",
            plural="funding sources",
            hint="Which budget pays",
            more=True,
        ),
    ] = ()
    classifications: Annotated[
        Names,
        Exact(
            column="classification",
            word="classification",
            label="Classification",
            plural="classifications",
            hint="Goods, works or services",
            more=True,
        ),
    ] = ()
    award_statuses: Annotated[
        Names,
        Exact(
            column="award_status",
            word="award_status",
            label="Award status",
            plural="award statuses",
            hint="Of the award notice",
            more=True,
        ),
    ] = ()
    except_contractors: Annotated[Names, AllBut(of="contractors")] = ()
    except_organizations: Annotated[Names, AllBut(of="organizations")] = ()
    except_areas: Annotated[Names, AllBut(of="areas")] = ()
    except_business_categories: Annotated[Names, AllBut(of="business_categories")] = ()
    except_procurement_modes: Annotated[Names, AllBut(of="procurement_modes")] = ()
    except_funding_sources: Annotated[Names, AllBut(of="funding_sources")] = ()
    except_classifications: Annotated[Names, AllBut(of="classifications")] = ()
    except_award_statuses: Annotated[Names, AllBut(of="award_statuses")] = ()
    # Beside ``areas``, which takes texts as they are written: each source writes a place in its own way.
    places: Annotated[Places, Added()] = ()
    # Names are searched as well, but their columns answer to filters of their own.
    keywords: Annotated[Keywords, On(("award_title", "notice_title"))] = ()
    # Of columns that all answer to filters of their own.
    text: Annotated[SearchText | None, Added()] = None
    numbers: Annotated[Numbers, On(("reference_id", "award_number", "contract_number")), Added()] = ()
    time_ranges: Annotated[TimeRanges, On(("award_date",))] = ()
    also_within: Annotated[NarrowerRanges, Added()] = ()
    value_range: Annotated[ValueRange, On(("contract_amount",))] = ValueRange()
    implausible: Annotated[Implausible, On(("implausible",)), Added()] = "include"
    repaired_fields: Annotated[RepairedFields, On(("repaired_fields",))] = ()
    # Not unless asked for: most of its contracts are in the main source too, under other numbers, and would
    # count twice (docs/explanation/data.md).
    include_flood_control: Annotated[bool, Strict(), On(("source",))] = False
    flood_control_only: Annotated[bool, Strict(), Added()] = False

    @model_validator(mode="before")
    @classmethod
    def _include_what_is_wanted(cls, data: object) -> object:
        # So that all who tell that the second source is in an answer tell it here too.
        if isinstance(data, Mapping) and data.get("flood_control_only") is True:
            return {**data, "include_flood_control": True}
        return data

    def describe(self) -> str:
        """The filters in words, for people: file names, About sheets, task lists."""
        words = "; ".join(part for part in self._say() if part) or "all contracts"
        if self.flood_control_only:
            return f"{words}; of the flood-control source only"
        return f"{words}; flood-control source included" if self.include_flood_control else words

    def _say(self) -> Iterator[str]:
        for name, exact in EXACT.items():
            if names := self.names(name):
                yield f"{exact.words}: {say_names(names, 'or')}"
        for name, excepted in EXCEPTIONS.items():
            if names := self.names(name):
                yield f"{excepted.words} other than: {say_names(names, 'and')}"
        if self.places:
            yield f"place: {say_names(self.places, 'or')}"
        if self.keywords:
            yield f"text: {say_names(self.keywords, 'or')}"
        if self.text:
            yield f"words: {self.text}"
        if self.numbers:
            yield f"number: {say_names(self.numbers, 'or')}"
        if self.times:
            said = (" or ".join(one.describe() for one in ranges) for ranges in self.times)
            yield "awarded " + ", and within ".join(said)
        yield self.value_range.describe()
        yield _SAID[self.implausible]
        if self.repaired_fields:
            yield f"repaired: {say_names(self.repaired_fields, 'or')}"

    def columns(self) -> set[str]:
        """The columns whose names are asked for or left out."""
        return {exact.column for name, exact in (*EXACT.items(), *EXCEPTIONS.items()) if self.names(name)}

    @property
    def days(self) -> tuple[TimeRange, ...] | None:
        """The ranges that the day of award lies in one of; None: no matter when. None of them may be left."""
        return intersect_groups(self.times) if self.times else None

    @property
    def times(self) -> tuple[TimeRanges, ...]:
        """The lists of time ranges in use, each of which narrows what the others leave."""
        return (*([self.time_ranges] if self.time_ranges else []), *self.also_within)

    @property
    def indexed(self) -> bool:
        """Whether a member asks for what only the indexes beside the database find."""
        return bool(self.keywords or self.text or self.numbers)

    def without_indexed(self) -> Filters:
        """The members that a WHERE says."""
        return self.model_copy(update={"keywords": (), "text": None, "numbers": ()})

    def names(self, name: str) -> Names:
        """The names of one of the lists of EXACT and EXCEPTIONS, or the places."""
        names: Names = getattr(self, name)
        return names


def _declared(sort: type[D]) -> dict[str, D]:
    # Pydantic keeps what it does not know of an annotation as metadata.
    return {
        name: declaration
        for name, member in Filters.model_fields.items()
        for declaration in member.metadata
        if isinstance(declaration, sort)
    }


EXACT: Mapping[str, Exact] = _declared(Exact)
"""Name list -> what it matches exactly."""

NAMED = (*EXACT, "places")
"""The filters that take names from a list, in which people look for them."""

EXCEPTIONS: Mapping[str, Exact] = {name: EXACT[but.of] for name, but in _declared(AllBut).items()}
"""Name list -> what it leaves out."""

FILTER_OF: Mapping[str, str] = {
    **{exact.column: name for name, exact in EXACT.items()},
    **{column: name for name, on in _declared(On).items() for column in on.columns},
}
"""Column -> the filter that it answers to."""
