"""No module imports itself by way of others, and no association is named in the core or in plugins."""

from __future__ import annotations

import ast
import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def imports_of(folder: Path, package: str) -> dict[str, set[str]]:
    """Module → the modules of ``package`` that it imports anywhere, also inside functions."""
    names = {}
    for path in folder.rglob("*.py"):
        name = ".".join(path.relative_to(folder).with_suffix("").parts)
        names[name.removesuffix(".__init__")] = path
    graph: dict[str, set[str]] = {}
    for name, path in names.items():
        graph[name] = set()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == package:
                for alias in node.names:
                    full = f"{node.module}.{alias.name}"
                    graph[name].add(full if full in names else str(node.module))
            elif isinstance(node, ast.Import):
                graph[name] |= {alias.name for alias in node.names if alias.name in names}
        graph[name].discard(name)
    return graph


def test_modules_form_no_cycle():
    TopologicalSorter(imports_of(ROOT / "platform", "tandem")).prepare()


def test_a_cycle_is_found(tmp_path):
    (tmp_path / "tandem").mkdir()
    (tmp_path / "tandem" / "a.py").write_text("def f():\n    from tandem import b\n")
    (tmp_path / "tandem" / "b.py").write_text("import tandem.a\n")

    with pytest.raises(CycleError):
        TopologicalSorter(imports_of(tmp_path, "tandem")).prepare()


@pytest.mark.parametrize("folder", ["platform", "plugins"])
def test_no_association_is_named(folder):
    slugs = sorted(path.parent.name for path in (ROOT / "tenants" / "tandem_tenants").glob("*/association.yaml"))
    named = re.compile(rf"(?<![a-z])({'|'.join(slugs)}|bcasbo|case handbook|alsc|assp)(?![a-z])", re.IGNORECASE)
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in {".py", ".html", ".txt", ".css"} and "vendor" not in path.parts
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if named.search(line)
    ]

    assert len(slugs) >= 2
    assert found == []
