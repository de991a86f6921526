"""How text is cut into words, alike for what is indexed and what is looked for. Executes nothing."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.sql import Statement, fold

MARK, SPACED = "\x01", "\x02"
"""``MARK`` stands between words; ``SPACED`` ends a word that a character ended which a space follows."""
END = "\n"
"""The word after the last of each text. No phrase holds it, so that none reaches into another text."""


def cut_text(text: str) -> str:
    """The SQL expression for ``text`` as words with marks in between; null where it holds none."""
    spaced = f"replace({fold(text)}, chr(1) || chr(1), chr(2) || chr(1))"
    return f"nullif(rtrim({spaced}, chr(1)), '')"


def cut_document(texts: Sequence[str]) -> str:
    """The SQL expression for the list of words of some cut texts, each with its ``END``."""
    ended = ", ".join(f"{text} || chr(1) || chr(10)" for text in texts)
    return f"string_split(concat_ws(chr(1), {ended}, ''), chr(1))"


def cut_phrases(phrases: Sequence[str]) -> Statement:
    """Rows (phrase, its words with marks in between, whether it begins with a letter or digit)."""
    cut = cut_text("phrase")
    return Statement(
        rf"""SELECT phrase, coalesce(cut, ''), regexp_matches(coalesce(cut, ''), '^[\p{{L}}\p{{N}}]')
        FROM (SELECT phrase, {cut} AS cut FROM (SELECT unnest($1::VARCHAR[]) AS phrase))""",
        (list(phrases),),
    )
