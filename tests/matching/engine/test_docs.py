"""The example in the documentation runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path

DOCUMENT = Path(__file__).parents[3] / "docs" / "matching.md"


def test_the_example_in_the_documentation_runs():
    [example] = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    names: dict[str, object] = {}

    exec(example, names)

    pairs = {(pair.mentee, pair.mentor) for pair in names["result"].pairs}
    assert pairs == {("ada", "di"), ("bo", "ed")}
