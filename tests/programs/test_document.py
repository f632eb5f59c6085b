"""Reading YAML: what is refused, on which line."""

from __future__ import annotations

import pytest

from tandem.programs.document import MAX_BYTES, read_text
from tandem.programs.errors import ConfigurationError


def problems(content: str | bytes) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        read_text(content, "a.yaml")
    return [str(problem) for problem in caught.value.problems]


def test_read_keeps_values_and_lines_by_ids() -> None:
    document = read_text(
        "a: 1\nitems:\n  - {id: x, weight: 2.5}\n  - id: y\n    on: true\nday: 2018-06-30\nno: NO\n", "a.yaml"
    )

    assert document.data == {
        "a": 1, "items": [{"id": "x", "weight": 2.5}, {"id": "y", "on": True}], "day": "2018-06-30", "no": "NO",
    }  # fmt: skip
    assert document.line(("items", "[y]", "on")) == 5
    assert document.line(("items", "[x]", "nothing")) == 3
    assert document.line(("elsewhere",)) == 1


def test_read_names_items_without_id_by_their_place() -> None:
    document = read_text("counts:\n  - types: [a]\n  - types: [b]\n", "a.yaml")

    assert document.line(("counts", "[#2]", "types")) == 3


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a: &x 1\n", ["a.yaml:1: a: “&x” is an anchor; take it out and write repeated parts out"]),
        ("b: 1\na: *x\n", ["a.yaml:2: a: “*x” repeats another part; write it out"]),
        (
            "a: !!python/name:os.system 1\n",
            ["a.yaml:1: a: “tag:yaml.org,2002:python/name:os.system” is a tag; take it out"],
        ),
        ("a: !include other.yaml\n", ["a.yaml:1: a: “!include” is a tag; take it out"]),
        ("a: 1\nb: 2\na: 3\n", ["a.yaml:3: a: stands twice, first on line 1; keep one of them"]),
        ("x: {a: 1, a: 2}\n", ["a.yaml:1: x.a: stands twice, first on line 1; keep one of them"]),
        ("a: 1\n---\nb: 2\n", ["a.yaml:2: only one document may stand in a file; remove the line “---”"]),
        ("- 1\n", ["a.yaml:1: must be a list of “key: value” lines at the top"]),
        ("", ["a.yaml:1: must be a list of “key: value” lines at the top"]),
        ("just words", ["a.yaml:1: must be a list of “key: value” lines at the top"]),
        ("? {a: 1}\n: 2\n", ["a.yaml:1: a key must be one word"]),
        ("a: 1\n\tb: 2\n", ["a.yaml:2: is not YAML here: found character '\\t' that cannot start any token"]),
        ("a: [1\nb: 2\n", ["a.yaml:2: is not YAML here: expected ',' or ']', but got ':'"]),
        ('a: "x\\0y"\n', ["a.yaml:1: a: holds a control character; retype the text"]),
        ('a: "\\ud800"\n', ["a.yaml:1: a: holds a control character; retype the text"]),
        (b"a: 1\nb: \xff\n", ["a.yaml:2: is not UTF-8 here; save the file as UTF-8"]),
        ("x" * (MAX_BYTES + 1), ["a.yaml:1: is larger than 256 kB; split it, or take out what is not configuration"]),
        ("a: " + "[" * 60 + "]" * 60, ["a.yaml:1: a[#1][#1][#1]: nests deeper than 40 levels; make it flatter"]),
    ],
)
def test_read_refuses(content: str | bytes, expected: list[str]) -> None:
    assert problems(content) == expected


def test_read_refuses_a_bomb_of_aliases_before_it_goes_off() -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 9)}]" for n in range(8)]

    assert len(problems("\n".join(lines))) == 9 + 8 * 9


def test_read_reports_everything_of_a_file_at_once() -> None:
    assert problems("a: &x 1\nb: !t 2\nb: 3\n") == [
        "a.yaml:1: a: “&x” is an anchor; take it out and write repeated parts out",
        "a.yaml:2: b: “!t” is a tag; take it out",
        "a.yaml:3: b: stands twice, first on line 2; keep one of them",
    ]
