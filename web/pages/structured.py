"""Data for search engines inside a page (JSON-LD). A browser executes no such block, so that the policy lets
it be, which forbids scripts in the page."""

from __future__ import annotations

import json
from collections.abc import Mapping

from django.utils.safestring import SafeString, mark_safe

# What could end the block, or begin a comment in it; JSON's own escapes mean the same.
_ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&"}


def write_structured(data: Mapping[str, object]) -> SafeString:
    """``data`` of schema.org as the text of a block, without what is missing."""
    known = {name: value for name, value in data.items() if value is not None}
    text = json.dumps({"@context": "https://schema.org", **known}, ensure_ascii=False)
    return mark_safe(text.translate(_ESCAPES))
