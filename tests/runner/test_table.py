from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import cells
from core.errors import BadInput
from runner import table


@given(st.text())
def test_no_cell_begins_as_a_formula(text: str) -> None:
    assert not cells.cell(text).startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""), (0, "0"), (-3, "-3"), (True, "true"), (2**60, str(2**60)), ([], ""), (("a", "b"), "a b"),
        (["a b", "c"], '["a b", "c"]'), ({"x": 1}, '{"x": 1}'),
        ("=1+1", "'=1+1"), (["=cmd|x"], "'=cmd|x"), (0.5, "0.5"),
    ],
)  # fmt: skip
def test_cells(value: object, cell: str) -> None:
    assert cells.cell(value) == cell


def test_rows_survive_a_csv_reader_with_their_scripts_and_line_ends(tmp_path: Path) -> None:
    rows = [
        {
            "ref": "a:1",
            "author": {"handle": "=HYPERLINK()", "name": None},
            "text": 'a "quoted",\nline',
            "raw": {"x": 1},
        },
        {"ref": "a:2", "author": {"handle": "море", "name": "抗议"}, "text": "مرحبا", "raw": {}},
    ]
    out = StringIO()
    assert table._csv(rows, out) == 2
    text = out.getvalue()
    assert text.startswith("\ufeff")
    read = list(csv.DictReader(StringIO(text.removeprefix("\ufeff"))))
    assert read[0]["text"] == 'a "quoted",\nline'
    assert read[0]["author.handle"] == "'=HYPERLINK()"
    assert read[1]["author.name"] == "抗议"
    assert "raw" not in read[0]


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be written"), table._opened(tmp_path / "none" / "t.csv"):
        pass
