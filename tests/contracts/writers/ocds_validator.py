"""The official validator of OCDS (libcoveocds), which would fetch the standard where it runs.

``OCDS_STANDARD`` names a folder with its files instead: ``schema`` of github.com/open-contracting/standard at
the tag 1__1__5, and as ``location`` github.com/open-contracting-extensions/ocds_location_extension at v1.1.5.
"""

from __future__ import annotations

import functools
import io
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZipFile

import pytest
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter

LOCATION_ARCHIVE = "https://github.com/open-contracting-extensions/ocds_location_extension/archive/v1.1.5.zip"
"""From where the validator takes an extension that is said to be at raw.githubusercontent.com."""
STANDARD = Path(os.environ.get("OCDS_STANDARD", "ocds_standard"))
VALIDATED = pytest.mark.skipif(
    sys.version_info >= (3, 13) or not STANDARD.is_dir(),
    reason="OCDS IS NOT VALIDATED: that takes Python 3.11 or 3.12, and the standard's files in the folder"
    " that OCDS_STANDARD names",
)
KINDS = (
    "validation_errors",
    "additional_fields",
    "deprecated_fields",
    "conformance_errors",
    "additional_closed_codelist_values",
    "structure_warnings",
    "json_deref_error",
)
"""What the validator finds fault with."""


class Archive(BaseAdapter):
    """Answers every request with the location extension, as the place does where it is published."""

    def send(self, request: PreparedRequest, *_: Any, **__: Any) -> Response:
        response = Response()
        response.request, response.url, response.status_code = request, request.url or "", 200
        response.raw = io.BytesIO(pack(STANDARD / "location"))
        return response

    def close(self) -> None:
        """Nothing is open."""


@functools.cache
def pack(folder: Path) -> bytes:
    """The archive that the validator would fetch."""
    # Of a folder it takes the names without their paths, and then misses the schema.
    packed = io.BytesIO()
    with ZipFile(packed, "w") as archive:
        archive.mkdir("top")
        for path in sorted(folder.rglob("*.*")):
            archive.write(path, f"top/{path.relative_to(folder)}")
    return packed.getvalue()


def list_faults(package: Mapping[str, Any]) -> dict[str, Any]:
    """What the validator says against a release package; nothing where it is as it should be."""
    # Only here: where it cannot be installed, the tests of this folder are collected all the same.
    from libcoveocds.api import ocds_json_output  # noqa: PLC0415
    from libcoveocds.config import LibCoveOCDSConfig  # noqa: PLC0415
    from ocdsextensionregistry import extension_version  # noqa: PLC0415

    config = LibCoveOCDSConfig()
    config.config |= {"context": "api", "standard_zip": pack(STANDARD)}
    # Into the folder it writes the schema with the extension.
    with TemporaryDirectory() as folder, extension_version.session.cache_disabled():
        extension_version.session.mount(LOCATION_ARCHIVE, Archive())
        said = ocds_json_output(folder, json_data=dict(package), lib_cove_ocds_config=config)
    assert said["version_used"] == "1.1"
    assert (said["extensions"]["is_extended_schema"], said["extensions"]["invalid_extension"]) == (True, {})
    faults = {kind: said.get(kind) for kind in KINDS}
    faults["empty_fields"] = said["additional_checks"]
    return {kind: fault for kind, fault in faults.items() if fault}
