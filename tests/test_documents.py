"""The documents lead where they say: every file that one names is there, and every picture is shown by one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
_LINK = re.compile(r"\]\(([^)#\s]+)(#[^)\s]*)?\)")


def files_named_in(document):
    """Where a document's links to files lead; addresses on the web are left out."""
    text = re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)
    return [(document.parent / target).resolve() for target, _part in _LINK.findall(text) if "://" not in target]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_to_files(document):
    assert [target for target in files_named_in(document) if not target.exists()] == []


def test_every_picture_is_shown():
    shown = {target for document in DOCUMENTS for target in files_named_in(document)}
    assert [path.name for path in sorted((ROOT / "docs" / "pictures").iterdir()) if path not in shown] == []
