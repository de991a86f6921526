"""The kinds of entities: the exact filters that the form shows at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.questions.filters import EXACT, Exact, Filters


@dataclass(frozen=True, kw_only=True)
class EntityKind:
    """A sort of entity. ``name`` is its word in addresses, ``filter`` the name list that takes its names."""

    name: str
    filter: str
    exact: Exact

    @property
    def column(self) -> str:
        return self.exact.column

    def filters_of(self, name: str) -> Filters:
        """What means the contracts of a name."""
        # Not read like what comes from outside: a name of the data may be longer than one that people send.
        return Filters().model_copy(update={self.filter: (name,)})


KINDS: Mapping[str, EntityKind] = {
    kind.name: kind
    for kind in (
        # "areas of delivery" are at /areas/.
        EntityKind(name=exact.plural.partition(" ")[0], filter=filter_name, exact=exact)
        for filter_name, exact in EXACT.items()
        if not exact.more
    )
}
"""All kinds, by their names."""
