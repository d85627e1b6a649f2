from __future__ import annotations

import csv
import io
import json

from evidence.sheets import sheets
from tests.evidence.reading_cases import ARABIC, CHINESE, case, exhibit, hostile, post


def rows(files: dict[str, bytes], name: str) -> list[dict[str, str]]:
    text = files[f"data/tables/{name}.csv"].decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_every_table_is_there_twice_even_where_it_is_empty() -> None:
    files = sheets(case())
    names = ("posts", "accounts", "families", "pairs", "sources", "findings", "observations", "media", "exhibits")
    assert set(files) == {f"data/tables/{name}.{form}" for name in names for form in ("csv", "ndjson")}
    assert files["data/tables/findings.csv"].decode("utf-8-sig") == "at,kind,url,sentence\r\n"
    assert files["data/tables/findings.ndjson"] == b""


def test_no_cell_is_run_by_a_spreadsheet() -> None:
    row = post(1, "=cmd|'/c calc'!A1", author={"native_id": "+1", "handle": "@sum", "name": "-2", "url": None})
    files = sheets(case(posts=[row], exhibits=[exhibit(1, row)]))
    for name, data in files.items():
        if name.endswith(".csv"):
            for line in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")):
                assert not [cell for cell in line if cell.startswith(("=", "+", "-", "@", "\t", "\r"))], name


def test_letters_of_every_script_come_through() -> None:
    row = post(1, f"{ARABIC} {CHINESE}")
    files = sheets(case(posts=[row], exhibits=[exhibit(1, row)]))
    assert rows(files, "posts")[0]["text"] == f"{ARABIC} {CHINESE}"
    assert json.loads(files["data/tables/posts.ndjson"])["text"] == f"{ARABIC} {CHINESE}"


def test_times_stand_in_utc_and_beside_them_in_local_time_with_its_zone() -> None:
    shown = rows(sheets(case()), "posts")[0]
    assert shown["published.at"] == "2026-02-21T08:00:00Z"
    assert shown["published.local"] == "2026-02-21 09:00 CET, UTC+01:00"
    assert shown["published.local_zone"] == "Europe/Berlin"


def test_the_exhibits_name_their_files_and_hold_no_key() -> None:
    method = {"wacz": {"e001-harbour": {"path": "data/exhibits/e001-harbour.wacz", "sha256": "ab" * 32, "bytes": 1}}}
    shown = rows(sheets(case(method=method)), "exhibits")
    assert [row["number"] for row in shown] == ["E001", "E002"]
    assert (shown[0]["wacz"], shown[0]["wacz_sha256"]) == ("data/exhibits/e001-harbour.wacz", "ab" * 32)
    assert "hush-hush" not in str(shown)


def test_rows_stand_in_an_order_that_does_not_change() -> None:
    contents = case()
    turned = case(posts=list(reversed(contents.posts)))
    assert sheets(contents) == sheets(turned)


def test_json_lines_are_one_object_a_line_whatever_stands_in_them() -> None:
    for name, data in sheets(hostile()).items():
        if name.endswith(".ndjson"):
            assert all(isinstance(json.loads(line), dict) for line in data.decode().split("\n") if line)
