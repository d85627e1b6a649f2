"""Files that others wrote: what can be used is, what cannot is named with its line, nothing stops the rest."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest

from core.errors import BadInput
from core.records import Post
from core.times import unknown
from runner import import_lines
from runner.importers import Address, Rejected, import_posts

ROW: dict[str, Any] = {"platform": "quayside", "native_id": "1"}
FULL = {
    "v": 1, "platform": "reddit", "native_id": "t3_abc", "url": "https://a.example/1", "kind": "comment",
    "author": {"native_id": "t2_x", "handle": "gull", "name": "Gull", "url": None},
    "published": {"at": "2025-03-01T10:00:00Z", "verbatim": "1740823200", "precision": "second", "source": "platform"},
    "first_seen": "2025-03-01T12:00:00Z", "edited": None, "title": None, "text": "Ebb", "languages": ["en"],
    "community": "r/tides", "reply_to": None, "root": None, "repost_of": None, "quotes": None,
    "links": ["https://b.example/"], "tags": [], "mentions": [],
    "media": [{"url": "https://a.example/1.jpg", "kind": "image", "sha256": None, "path": "media/1.jpg", "alt": None}],
    "metrics": {"likes": 1, "replies": 0, "reposts": None, "views": None}, "metrics_at": "2025-03-01T12:00:00Z",
    "route": "api", "capture": None, "raw": {},
}  # fmt: skip


def read(tmp_path: Path, content: bytes | str, name: str = "posts.ndjson", form: str | None = None) -> list[Any]:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(import_posts(path, form))


def line(**fields: Any) -> str:
    return json.dumps(ROW | fields) + "\n"


def table(*rows: list[str], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue()


def test_whole_record_is_read_as_it_stands(tmp_path: Path) -> None:
    (post,) = read(tmp_path, json.dumps(FULL))
    assert post == Post.model_validate(FULL)
    assert post.media[0].path == "media/1.jpg"


def test_only_platform_and_id_are_required(tmp_path: Path) -> None:
    every_null = dict.fromkeys(FULL) | ROW | {"media": [{"url": "https://a.example/", "kind": None}]}
    bare, nulls = read(tmp_path, line() + json.dumps(every_null))
    assert bare == Post(**ROW, published=unknown(), route="import")
    assert nulls.published.at is None
    assert nulls.media[0].kind == "image"


@pytest.mark.parametrize(
    ("published", "at", "precision"),
    [
        ({"at": "2025-03-01T10:00:00Z"}, "2025-03-01T10:00:00Z", "second"),
        ({"at": "2025-03-01"}, "2025-03-01T00:00:00Z", "day"),
        ({"at": "2025-03-01T10:00:00Z", "precision": "hour"}, "2025-03-01T10:00:00Z", "hour"),
        ("2025-03-01 10:00 UTC", "2025-03-01T10:00:00Z", "second"),
        ("Sat, 01 Mar 2025 10:00:00 +0100", "2025-03-01T09:00:00Z", "second"),
        (1740823200, "2025-03-01T10:00:00Z", "second"),
        ({"at": "1066-10-14T00:00:00Z", "precision": "second"}, None, "unknown"),
        ({"at": "9999-01-01T00:00:00Z", "precision": "second"}, None, "unknown"),
        ("last Tuesday", None, "unknown"),
        ({"at": None, "verbatim": "last Tuesday"}, None, "unknown"),
    ],
)
def test_times(tmp_path: Path, published: object, at: str | None, precision: str) -> None:
    (post,) = read(tmp_path, line(published=published))
    shown = post.published.model_dump()
    assert (shown["at"], shown["precision"]) == (at, precision)
    assert shown["verbatim"] is not None


def test_time_without_a_zone_says_so(tmp_path: Path) -> None:
    (post,) = read(tmp_path, line(published={"at": "2025-03-01T10:00:00", "precision": "second"}))
    assert post.published.zone == "unknown"


BAD = [
    ("{", "is not JSON"), ("[]", "is no object"), ('"x"', "is no object"), ('{"platform": "a"}', "has no native_id"),
    ('{"native_id": 0}', "has no platform"), (line(platform="a b").strip(), "platform: "),
    (line(kind="rumour").strip(), "kind: "), (line(links="x").strip(), "links: "),
    ('{"a":' * 100_000, "nested too deeply"), (line(v=2).strip(), "v: "), (line(author=[1]).strip(), "author: "),
]  # fmt: skip


@pytest.mark.parametrize(("bad", "reason"), BAD)
def test_unusable_row_is_named_and_the_rest_goes_on(tmp_path: Path, bad: str, reason: str) -> None:
    first, rejected, last = read(
        tmp_path, line(native_id="a") + bad + "\n\n" + line(native_id="b"), "x.ndjson", "ndjson"
    )
    assert (first.native_id, last.native_id) == ("a", "b")
    assert rejected.line == 2
    assert reason in rejected.reason


def test_numbers_and_letters_no_database_holds(tmp_path: Path) -> None:
    text = r'"text":"a\ud83d\ude00b\ud800\u0000","raw":{"n":1e999}'
    row = f'{{"platform":"Quayside ","native_id":123456789012345678901,{text}}}'
    (post,) = read(tmp_path, row.encode() + b"\0\n")
    assert (post.platform, post.native_id, post.text) == ("quayside", "123456789012345678901", "a😀b\ufffd")


def test_numbers_times_and_paths_beyond_all_bounds(tmp_path: Path) -> None:
    row = {"platform": "x", "native_id": "1", "text": "Fog"}
    long = "9" * 6_000
    listed = f'[\n{{"platform": "x", "native_id": {long}}},\n{json.dumps(row)}\n]'
    assert [type(one) for one in read(tmp_path, listed, "list.json")] == [Rejected, Post]
    edge = {**row, "first_seen": "0001-01-01T00:00:00+14:00"}
    assert [type(one) for one in read(tmp_path, f"{json.dumps(edge)}\n{json.dumps(row)}\n")] == [Rejected, Post]
    paths = ("../../keys", "/etc/passwd", "a\\..\\b", "c:/keys", "archive/blobs/ab/cd/abcd")
    shown = [{"path": path} for path in paths]
    (post,) = read(tmp_path, json.dumps({**row, "media": shown}))
    assert [media.path for media in post.media] == [None, None, None, None, "archive/blobs/ab/cd/abcd"]


def test_line_that_is_not_utf8(tmp_path: Path) -> None:
    long = line(text="x" * 300_000).encode()  # beyond what is looked at to tell the charset
    first, bad, last = read(tmp_path, long + b'{"platform":"a","native_id":"\xe9"}\n' + line().encode())
    assert isinstance(bad, Rejected)
    assert bad == Rejected(2, "is not UTF-8 (byte 30); save the file as UTF-8")
    assert first.ref == last.ref


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_other_charsets(tmp_path: Path, charset: str) -> None:
    mark = "\ufeff" if charset == "utf-16-le" else ""
    content = (mark + json.dumps(ROW | {"text": "паром"}, ensure_ascii=False) + "\n").encode(charset)
    items = read(tmp_path, content)
    assert items[-1].text == "паром"
    assert [item.line for item in items[:-1]] == ([0] if "16" in charset else [])


def test_old_code_page_is_named(tmp_path: Path) -> None:
    text = "Паром уходит из гавани в полдень, погода хорошая. " * 5
    remark, post = read(tmp_path, table(["platform", "id", "text"], ["a", "1", text]).encode("cp1251"), "x.csv")
    assert remark.line == 0
    assert "not UTF-8; it was read as cp1251" in remark.reason
    assert post.text == text.strip()


def test_endless_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_lines, "MAX_LINE", 1_000_000)
    first, bad, last = read(tmp_path, line() + line(text="x" * 3_000_000) + line(native_id="2"))
    assert bad == Rejected(2, "is longer than 1 MB")
    assert (first.native_id, last.native_id) == ("1", "2")


def test_compressed_and_broken_off(tmp_path: Path) -> None:
    packed = gzip.compress("".join(line(native_id=n, text=str(n**9)) for n in range(20_000)).encode())
    assert len(read(tmp_path, packed, "posts.ndjson.gz")) == 20_000
    *posts, bad = read(tmp_path, packed[: len(packed) // 2], "posts.ndjson.gz")
    assert len(posts) > 5_000
    assert bad.line == len(posts) + 1
    assert "compressed file is damaged" in bad.reason
    assert isinstance(read(tmp_path, packed[:15], "x.gz")[0], Rejected)


def test_missing_file_and_unknown_format(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"none\.csv cannot be read"):
        list(import_posts(tmp_path / "none.csv"))
    with pytest.raises(BadInput, match="'xml' is no format"):
        import_posts(tmp_path / "x", "xml")
    with pytest.raises(BadInput):
        list(import_posts(tmp_path))
    assert read(tmp_path, b"") == []


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_columns_have_many_names_and_delimiters(tmp_path: Path, delimiter: str) -> None:
    header = [
        "\ufeffPlatform",
        "Post ID",
        "Message",
        "User Name",
        "Created-At",
        "Like count",
        "Shares",
        "Unknown column",
    ]
    row = ["Quayside", "7", "a, b; c | d", "gull", "2025-03-01T10:00:00Z", "1,234", "n/a", "x"]
    (post,) = read(tmp_path, table(header, row, delimiter=delimiter), "posts.txt")
    assert (post.ref, post.text, post.author.handle) == ("quayside:7", "a, b; c | d", "gull")
    assert (post.metrics.likes, post.metrics.reposts, post.published.precision) == (1234, None, "second")
    assert post.route == "import"


def test_ragged_rows(tmp_path: Path) -> None:
    rows = 'platform,id,text\na,1,x,,\na,2\na,3,x,y,z\n\na,"4","two\n\nlines, ""quoted"""\na,5,ok\n'
    one, two, three, four, five = read(tmp_path, rows, "x.csv")
    assert (one.text, two.text, five.text) == ("x", None, "ok")
    assert three == Rejected(4, "has 5 cells where the header has 3; is a quote missing?")
    assert four.text == 'two\n\nlines, "quoted"'


def test_quote_never_closed_costs_one_row(tmp_path: Path) -> None:
    rows = 'platform,id,text\na,1,a 5" pipe\na,2,"open\na,3,ok\n' + "".join(f"a,{n},ok\n" for n in range(4, 3000))
    items = read(tmp_path, rows, "x.csv")
    assert items[0].text == 'a 5" pipe'
    assert items[1] == Rejected(3, "opens a quote that is never closed")
    assert [post.native_id for post in items[2:]] == [str(n) for n in range(3, 3000)]


def test_what_a_spreadsheet_does(tmp_path: Path) -> None:
    rows = "sep=;\nplatform;id;text\na;1;=1+2\na;1.23457E+18;x\na;;x\n"
    formula, rounded, empty = read(tmp_path, rows, "x.csv")
    assert formula.text == "=1+2"
    assert "rounded by a spreadsheet" in rounded.reason
    assert empty.reason == "has no native_id"


def test_header_that_lacks_what_is_required(tmp_path: Path) -> None:
    (bad,) = read(tmp_path, "title,text\na,b\n", "x.csv")
    assert bad == Rejected(1, "the header has no column platform and no column native_id (it has: title, text)")


def test_our_own_table_comes_back(tmp_path: Path) -> None:
    from runner.table import _csv

    post = Post.model_validate(FULL | {"text": "=SUM(A1)", "author": {"handle": "-gull"}})
    out = io.StringIO()
    _csv([post.model_dump(mode="json")], out)
    (again,) = read(tmp_path, out.getvalue(), "posts.csv")
    for name in ("ref", "url", "kind", "author", "published", "first_seen", "text", "links", "metrics", "community"):
        assert getattr(again, name) == getattr(post, name), name


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://a.example/x?y=1", "https://a.example/x?y=1"), ("hxxps://a[.]example/x", "https://a.example/x"),
        ("hXXp[:]//a(.)example", "http://a.example"), ("a[dot]example/path", "https://a.example/path"),
        ("hxxps[://]a.example", "https://a.example"), ("  3. <https://a.example/>, seen twice", "https://a.example/"),
        ("a.example", "https://a.example"), ("see (https://a.example/x).", "https://a.example/x"),
        ("https://a.example/x_(y)", "https://a.example/x_(y)"), ("https://пример.example/ы", "https://пример.example/ы"),
        ("no address", None), ("gull@a.example", None), ("https://", None),
    ],
)  # fmt: skip
def test_lists_of_addresses(tmp_path: Path, text: str, url: str | None) -> None:
    (item,) = read(tmp_path, f"# a comment\n\n{text}\n", "list.txt")
    assert item == (Address(3, url) if url else Rejected(3, f"{text.strip()!r} holds no address"))
