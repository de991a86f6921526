"""The pages of docs/ as tests read them: their blocks of commands, and which of these nobody can run here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
HOW_TO = DOCS / "how-to"

RUN = ("cloud.md", "deploy-without-containers.md", "migrate.md", "operate.md")
"""The guides whose blocks of commands test_operating.py runs, all but those that are marked."""

NOT_RUN = {
    "asks": "asks a person at a terminal",
    "cluster": "needs a Kubernetes cluster; tests/deploy renders the chart",
    "containers": "needs a container engine; test_guides.py reads the command lines instead",
    "elsewhere": "is run by tests/integration/test_celery_clients.py or tests/tools",
    "example": "holds values that only the reader knows",
    "machine": "installs programs, or changes files that belong to the whole machine",
    "network": "fetches from other hosts",
    "stays": "goes on until Ctrl-C; test_operating.py runs it in the background",
}
"""What may stand behind ``sh`` at the begin of a block, and why the block is not run as it is."""


@dataclass(frozen=True, kw_only=True)
class Block:
    """A block of code of a page. ``mark`` is what stands behind its language, "" where nothing does."""

    page: str
    section: str
    language: str
    mark: str
    text: str


def read_blocks(page: Path) -> list[Block]:
    """The blocks of a page, in their order, under the titles of their sections."""
    found, section = [], ""
    parts = re.split(r"^```(.*)\n", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    for number in range(1, len(parts) - 1, 2):
        if number % 4 == 3:  # the end of a block
            continue
        titles = re.findall(r"^##+ (.*)$", parts[number - 1], re.MULTILINE)
        section = titles[-1] if titles else section
        language, _, mark = parts[number].partition(" ")
        text = parts[number + 1]
        found.append(Block(page=page.name, section=section, language=language, mark=mark, text=text))
    return found


def select(page: str, *, section: str = "", language: str = "sh", mark: str = "") -> Sequence[Block]:
    """The blocks of a page of docs/how-to that are of this kind; there are some."""
    wanted = [
        block
        for block in read_blocks(HOW_TO / page)
        if (block.language, block.mark) == (language, mark) and block.section.startswith(section)
    ]
    assert wanted, f"{page} has no such block"
    return wanted
