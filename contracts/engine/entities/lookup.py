"""What is asked of the entities of one snapshot.

Answers are remembered apart from those of other questions: a crawler that reads every page makes nobody
else's answer forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from contracts.engine.cache import LruCache
from contracts.engine.cursor import Cursor
from contracts.engine.entities import alike, directory, facts
from contracts.engine.entities.alike import Alike
from contracts.engine.entities.answers import Directory, Entity
from contracts.engine.entities.directory import Listing
from contracts.engine.matching import Indexes, Matcher
from contracts.engine.names import NameList
from contracts.questions.entities.addresses import make_slug
from contracts.questions.entities.directories import Wanted
from contracts.questions.entities.kinds import KINDS, EntityKind
from contracts.snapshot.rows import MatchedRows

# Some 20 KB each.
REMEMBERED_ENTITIES = 200


@dataclass(frozen=True)
class Remembered:
    """What a store keeps of its entities."""

    entities: LruCache[Entity] = field(default_factory=lambda: LruCache(REMEMBERED_ENTITIES))
    listings: LruCache[Listing] = field(default_factory=lambda: LruCache(len(KINDS)))
    # The same rows are asked for a few times in one answer, and never again.
    rows: LruCache[MatchedRows] = field(default_factory=lambda: LruCache(1))

    def forget(self) -> None:
        self.entities.forget()
        self.rows.forget()


class Entities:
    """Answers about entities with one reader's cursor."""

    def __init__(
        self, cursor: Cursor, indexes: Indexes, *, names: LruCache[NameList], known: Remembered, version: str
    ) -> None:
        self._cursor, self._known, self._version = cursor, known, version
        self._matcher = Matcher(cursor, indexes, known=known.rows, names=names)

    def describe(self, kind: EntityKind, slug: str) -> Entity:
        """All at a glance of the entity at ``slug``; do not change it. Raises UnknownEntity."""
        return self._known.entities.get_or_make(
            # The words before the key may be others; the answer says which are right.
            (kind.name, slug),
            lambda: facts.describe(
                kind,
                facts.locate(kind, slug, self._cursor),
                version=self._version,
                cursor=self._cursor,
                matcher=self._matcher,
            ),
        )

    def list_alike(self, kind: EntityKind, slug: str) -> Alike:
        """The names that may be the same as the one at ``slug``. Raises UnknownEntity."""
        known = facts.locate(kind, slug, self._cursor)
        return {
            "kind": kind.name,
            "slug": make_slug(known.name),
            "name": known.name,
            "dataset_version": self._version,
            "spellings": facts.list_spellings(kind, known.name, self._cursor),
            "alike": alike.list_alike(kind, known, self._cursor),
        }

    def list(self, kind: EntityKind, wanted: Wanted) -> Directory:
        """A page of the names of a kind."""
        return directory.answer(kind, wanted, self._search(kind, wanted.q), version=self._version)

    def list_whole(self, kind: EntityKind, wanted: Wanted) -> Listing:
        """All names that are on any page of ``wanted``."""
        found = self._search(kind, wanted.q)
        return found if wanted.letter is None else found.begin_with(wanted.letter)

    def _search(self, kind: EntityKind, typed: str) -> Listing:
        everything = self._known.listings.get_or_make(
            kind.name, lambda: directory.list_all(kind, self._cursor, self._matcher)
        )
        return directory.search(everything, typed, self._cursor)
