"""The elements of a large part, one after the other in flat memory: the rows of a sheet, the shared texts.

Cut at the end tags, because an event per element takes several times as long. No pattern looks beyond the
next ``<``, so that the time grows with the size of the part, whatever it holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from contracts.ingest.tables.batches import MAX_ROW_BYTES
from contracts.ingest.workbooks.package import BadWorkbook

_ROOT = re.compile(rb"<(?P<prefix>(?:\w+:)?)(?P<name>worksheet|sst)(?=[\s/>])[^<>]*>")
_TAIL_BYTES = 1000

Element = tuple[bytes, bytes]
"""Its attributes and what stands in it, both as they are written."""


class ElementStream:
    """The elements ``name`` of the one element ``within``, in their order, those without content included.

    Raises BadWorkbook where anything else stands between them, where one is longer than MAX_ROW_BYTES and
    where the part does not end as it should. ``prefix`` is that of the part's tags, such as ``x:``.
    """

    def __init__(
        self,
        chunks: Iterator[bytes],
        *,
        path: str,
        within: str,
        name: str,
        watch: Callable[[bytes], None] | None = None,
    ) -> None:
        self._chunks, self._path, self._watch = chunks, path, watch
        self._name = name
        head, root = self._read_root()
        self.prefix = root["prefix"]
        self._root_end = b"</%s%s>" % (self.prefix, root["name"])
        self._end = b"</%s%s>" % (self.prefix, name.encode())
        self._list_end = b"</%s%s>" % (self.prefix, within.encode())
        self._start = self._compile_tag(name, before=rb"\s*")
        self._carry = self._enter(head, self._compile_tag(within))

    def _compile_tag(self, name: str, *, before: bytes = b"") -> re.Pattern[bytes]:
        return re.compile(before + rb"<%s%s(?=[\s/>])([^<>]*)>" % (re.escape(self.prefix), name.encode()))

    def _read_root(self) -> tuple[bytes, re.Match[bytes]]:
        head = next(self._chunks, b"")
        root = _ROOT.search(head)
        if root is None or b"<!DOCTYPE" in head[: root.start()]:
            raise self._bad_part("is not the XML in UTF-8 that it should be")
        return head[root.start() :], root

    def _enter(self, head: bytes, tag: re.Pattern[bytes]) -> bytes | None:
        """What follows the start tag of the list; None where the list is an empty element."""
        while (found := tag.search(head)) is None:
            chunk = next(self._chunks, b"")
            if not chunk:
                raise self._bad_part("ends before its first row or text")
            if len(head) > MAX_ROW_BYTES:
                raise self._bad_part(f"has more than {MAX_ROW_BYTES:,} bytes before its first row or text")
            head += chunk
        self._check_markup(head)
        return None if found[1].endswith(b"/") else head[found.end() :]

    def __iter__(self) -> Iterator[Element]:
        for region in self.read_regions():
            yield from self.read_elements(region)

    def read_regions(self) -> Iterator[bytes]:
        """The XML of the elements as it comes: some megabytes of whole elements at a time."""
        if self._carry is None:
            self._check_tail(b"")
            return
        carry, chunk = self._carry, b""
        while True:
            carry += chunk
            whole = carry.rfind(self._end) + len(self._end)
            if whole >= len(self._end):
                yield carry[:whole]
                carry = carry[whole:]
            if self._list_end in carry:
                break
            # Rows without cells have no end tag to cut at, and a sheet may hold a million of them.
            if len(carry) > MAX_ROW_BYTES:
                empty = self._measure_empty(carry)
                yield carry[:empty]
                carry = carry[empty:]
            if len(carry) > MAX_ROW_BYTES:
                raise self._bad_part(f"has a <{self._name}> that is longer than {MAX_ROW_BYTES:,} bytes")
            if not (chunk := next(self._chunks, b"")):
                raise self._bad_part("ends in the middle")
            # A "<!" may be cut in two by the end of a chunk.
            self._check_markup(carry[-1:] + chunk[:1])
            self._check_markup(chunk)
        last, _, tail = carry.partition(self._list_end)
        if last[self._measure_empty(last) :].strip():
            raise self._bad_part(f"has a <{self._name}> that does not end")
        yield last
        self._check_tail(tail)

    def read_elements(self, region: bytes) -> Iterator[Element]:
        """The elements of a region."""
        *whole, last = region.split(self._end)
        for piece in whole:
            tag = self._start.match(piece)
            if tag is None or tag[1].endswith(b"/"):
                empty = self._measure_empty(piece)
                yield from self._read_empty(piece[:empty])
                tag = self._start.match(piece, empty)
                if tag is None:
                    raise self._bad_part(f"has something else than a <{self._name}>: {piece[empty:][:40]!r}")
            yield tag[1], piece[tag.end() :]
        yield from self._read_empty(last)

    def _read_empty(self, xml: bytes) -> Iterator[Element]:
        return ((tag[1][:-1], b"") for tag in self._start.finditer(xml))

    def _measure_empty(self, xml: bytes) -> int:
        """How much of ``xml`` its first elements take, as long as they have no content."""
        position = 0
        while (tag := self._start.match(xml, position)) and tag[1].endswith(b"/"):
            position = tag.end()
        return position

    def _check_markup(self, xml: bytes) -> None:
        # Comments could hide rows, and CDATA sections tags; no spreadsheet program writes either.
        if b"<!" in xml:
            raise self._bad_part("has a comment, a CDATA section or a DOCTYPE")

    def _check_tail(self, tail: bytes) -> None:
        """Read what follows the list to its end."""
        # zipfile compares the checksum of a part once it is read to its end, and not before.
        ended = self._list_end == self._root_end
        unseen = tail
        for chunk in self._chunks:
            tail = (tail + chunk)[-_TAIL_BYTES:]
            unseen = self._show(unseen + chunk)
        self._show(unseen)
        if not ended and not tail.rstrip().endswith(self._root_end):
            raise self._bad_part("ends in the middle")

    def _show(self, xml: bytes) -> bytes:
        """Give the whole tags of ``xml`` to the watcher; the rest, which is not endless."""
        if self._watch is None:
            return b""
        end = xml.rfind(b">") + 1
        self._watch(xml[:end])
        return xml[end:][-_TAIL_BYTES:]

    def _bad_part(self, fault: str) -> BadWorkbook:
        return BadWorkbook(f"its part {self._path!r} {fault}")
