"""Lists of indicators: what is an address becomes one, what is none is named with the reason."""

from __future__ import annotations

import csv
import io
import json
import time
from pathlib import Path
from typing import Any

import pytest

from core.errors import BadInput
from runner.importers import Address, Rejected, import_posts

HEADERS = [
    ["Tactic", "Technique", "Procedure", "Indicator"], ["Tactic ", "Technique", "Procedure", "Indicator", "Notes"],
    ["\ufeffTactic", "Technique", "Procedure", "Indicator", "Comments"],
]  # fmt: skip


def table(header: list[str], *cells: str) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([header, *([*("0. Assets", "0.9", "0.9.4"), cell] for cell in cells)])
    return out.getvalue()


def read(tmp_path: Path, content: str | bytes, name: str = "Q3.csv", form: str | None = None) -> list[Any]:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(import_posts(path, form))


@pytest.mark.parametrize(
    ("cell", "urls"),
    [
        ("https://x[.]example[.]com/gull", ["https://x.example.com/gull"]),
        ("hxxps://quay24[.]info/", ["https://quay24.info/"]),
        ("https{:}//quay[.]me/journal", ["https://quay.me/journal"]),
        ("  www.harbour-news[.]net \n", ["https://www.harbour-news.net"]),
        ("QuayCourt[.]io", ["https://QuayCourt.io"]),
        ("7harbour[.]com[.]tr", ["https://7harbour.com.tr"]),
        ("http://quay(.)example.org:8080/x?y=1", ["http://quay.example.org:8080/x?y=1"]),
        ("harbour[.]pro (a copy of the Harbour Mirror)", ["https://harbour.pro"]),
        ("https://www[.]harbour[.]com/a-1[.]html [comment]", ["https://www.harbour.com/a-1.html"]),
        ('"https://quay[.]org/p"', ["https://quay.org/p"]),
        ("https://quay.com/status/15626403 10273 921025", ["https://quay.com/status/1562640310273921025"]),
        ("https://quay[.]com/a, https://quay[.]com/b\nharbour[.]net", ["https://quay.com/a", "https://quay.com/b",
                                                                        "https://harbour.net"]),
        ("https://quay.com/gästehaus_vor", ["https://quay.com/gästehaus_vor"]),
        ("пристань[.]рф", ["https://пристань.рф"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("header", HEADERS)
def test_addresses(tmp_path: Path, header: list[str], cell: str, urls: list[str]) -> None:
    assert read(tmp_path, table(header, cell)) == [Address(2, url) for url in urls]


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("37 accounts", "is a number of things"), ("7,704 Facebook accounts", "is a number of things"),
        ("15 acounts ", "is a number of things"), ("About 1.2 million followers", "is a number of things"),
        ("45[.]141[.]152[.]19", "is the number of a machine"), ("info[at]quay[.]com", "is a mailbox"),
        ("d41d8cd98f00b204e9800998ecf8427e", "is the digest of a file"), ("@pierkeeper", "without its platform"),
        ("Registering domains with quay[.]net", "mentions quay.net; add that by hand"),
        ("The harbour.It was closed", "is a text"), ("ships sank.mp4", "is a text, not an address"),
        ("Eight bombs were found in the harbour", "is a text, not an address"), ("", "has no indicator"),
        ("t[.]/quay_talk", "is a text, not an address"), ("quay.invalidtld", "is a text, not an address"),
    ],
)  # fmt: skip
def test_what_is_no_address(tmp_path: Path, cell: str, reason: str) -> None:
    (bad,) = read(tmp_path, table(HEADERS[0], cell))
    assert isinstance(bad, Rejected)
    assert bad.line == 2
    assert reason in bad.reason


def test_older_lists_name_the_kind(tmp_path: Path) -> None:
    rows = (
        'indicator_type,indicator_value,comment,ds\ndomain_name,quay.live,"a, b",2022-04-07\n'
        "md5,d41d8cd98f00b204e9800998ecf8427e,x,2022\nip,10.0.0.1,x,2022\ncib_url,https://quay[.]com/x,y,2022\n"
    )
    first, digest, machine, last = read(tmp_path, rows)
    assert (first, last) == (Address(2, "https://quay.live"), Address(5, "https://quay.com/x"))
    assert ("names a file" in digest.reason, "names a machine" in machine.reason) == (True, True)


def test_empty_rows_and_broken_quotes(tmp_path: Path) -> None:
    content = 'Tactic ,Technique,Procedure,Indicator\n,,,\na,b,c,"quay[.]net \n"\n\na,b,"c,d""\na,b,c,harbour[.]net\n'
    items = read(tmp_path, content)
    assert [item for item in items if isinstance(item, Address)] == [
        Address(3, "https://quay.net"), Address(7, "https://harbour.net")
    ]  # fmt: skip
    assert [item.line for item in items if isinstance(item, Rejected)] == [6]


@pytest.mark.parametrize("charset", ["utf-16", "cp1252", "utf-8-sig"])
def test_charsets(tmp_path: Path, charset: str) -> None:
    content = table(
        HEADERS[0], "https://quay[.]com/bestellübersicht", *["Übersicht der Geschäfte für Gäste im Café"] * 5
    )
    items = read(tmp_path, content.replace("\n", "\r\n").encode(charset))
    assert [item.url for item in items if isinstance(item, Address)] == ["https://quay.com/bestellübersicht"]


def test_forced_format_without_such_a_header(tmp_path: Path) -> None:
    (bad,) = read(tmp_path, "platform,id\na,1\n", form="meta")
    assert "none of a list of indicators" in bad.reason


def test_stix(tmp_path: Path) -> None:
    bundle = {"type": "bundle", "id": "bundle--1", "objects": [
        {"type": "identity", "id": "identity--1", "name": "Desk"},
        {"type": "url", "id": "url--1", "value": "https://quay.com/x"},
        {"type": "domain-name", "id": "domain-name--1", "value": "harbour.net"},
        {"type": "user-account", "id": "user-account--1", "account_type": "twitter", "account_login": "@mole"},
        {"type": "user-account", "id": "user-account--2", "account_type": "unix", "account_login": "root"},
        {"type": "indicator", "id": "indicator--1", "pattern":
         "[url:value = 'https://a.com/1'] OR [domain-name:value='b.org']"},
        {"type": "indicator", "id": "indicator--2", "pattern": "[file:name = 'x']"},
    ]}  # fmt: skip
    items = read(tmp_path, json.dumps(bundle, indent=1), "bundle.json")
    assert [item.url for item in items if isinstance(item, Address)] == [
        "https://quay.com/x", "https://harbour.net", "https://x.com/mole", "https://a.com/1", "https://b.org",
    ]  # fmt: skip
    assert [item.line for item in items if isinstance(item, Rejected)] == [5, 7]
    with pytest.raises(BadInput, match="is not JSON"):
        read(tmp_path, '{"type": "bundle", "objects": [', "bundle.json")
    with pytest.raises(BadInput, match=r"nested too deeply|is not JSON"):
        read(tmp_path, '{"type": "bundle", "objects": ' + "[" * 100_000, "bundle.json")
    assert read(tmp_path, '{"type": "bundle", "objects": [1, "x", null, {"type": []}]}', "bundle.json") == []


def test_cells_made_to_take_long(tmp_path: Path) -> None:
    cells = [
        "9 " + "a" * 50_000 + "!",
        "a." * 30_000 + "!",
        "(" * 50_000,
        "https://a.com/ " * 9_000,
        "@" + "a." * 30_000,
    ]
    began = time.process_time()
    assert len(read(tmp_path, table(HEADERS[0], *cells))) >= len(cells)
    assert time.process_time() - began < 5
