"""What downloads bring instead of the file: called what it is, whatever its name, with what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.errors import BadFile
from contracts.ingest.files.kinds import Kind, recognise

PAGE = "<!DOCTYPE html><html><head><title>{}</title></head><body>{}</body></html>"
REFUSED: dict[str, tuple[bytes, tuple[str, ...]]] = {
    "nothing": (b"", ("empty", "download the file itself")),
    "a warning of Google Drive": (
        PAGE.format(
            "Google Drive - Virus scan warning",
            'The file is too large to scan for viruses. <a href="https://accounts.google.com/">Sign in</a>'
            '<form action="https://drive.usercontent.google.com/download">Download anyway</form>',
        ).encode(),
        ("Google Drive", "virus scan", "confirm the download"),
    ),
    "a sign-in of Google Drive": (
        PAGE.format("Google Drive: Sign-in", '<a href="https://accounts.google.com/v3/signin">').encode(),
        ("Google Drive", "sign in", "browser"),
    ),
    "a page that asks to sign in": (PAGE.format("Log in", "Password").encode(), ("HTML", "sign in")),
    "a page of an error": (PAGE.format("404", "Not found").encode(), ("web page (HTML)", "download")),
    "a table of HTML": (
        "\ufeff\n<html xmlns:x='urn:schemas-microsoft-com:office:excel'><table><tr><td>1".encode(),
        ("HTML", "with a table", "save it as .xlsx"),
    ),
    "a table of HTML in UTF-16": ("<table><tr><td>1".encode("utf-16"), ("HTML", "save it as .xlsx")),
    "a table of HTML after a comment": (
        b"<!-- made by -->\r\n<TABLE border=1>",
        ("HTML", "save it as .xlsx"),
    ),
    "a workbook of 2003": (
        b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
        ("Excel 2003", "save it as .xlsx"),
    ),
    "a message of a store": (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code>', ("XML", "server")),
    "a message of an interface": (b'{"error": {"code": 403}}', ("JSON", "server")),
    "a pointer of Git LFS": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
        ("Git LFS", "git lfs pull"),
    ),
    "a document": (b"%PDF-1.7\n", ("PDF", ".csv")),
    "an archive of another kind": (b"7z\xbc\xaf\x27\x1c\0\4", ("7z", "unpack")),
    "a picture": (b"\x89PNG\r\n\x1a\n", ("image",)),
    "bytes": (bytes(range(25)) * 40, ("neither text nor a workbook",)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_table_is_called_what_it_is(tmp_path: Path, name: str) -> None:
    content, words = REFUSED[name]
    file = tmp_path / "2024.csv"
    file.write_bytes(content)
    with pytest.raises(BadFile) as caught:
        recognise(file)
    for word in ("2024.csv", *words):
        assert word in str(caught.value)


@pytest.mark.parametrize(
    "content", [b"<5 units>,a\n", b"[1],2\n", b"{x},y", b"a\tb", "Ñ,<b>".encode("utf-16"), b"\xff\xfea\0"]
)
def test_a_text_that_begins_oddly_is_a_text(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "raw.csv"
    file.write_bytes(content)
    assert recognise(file) is Kind.TEXT
