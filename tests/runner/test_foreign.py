"""Captures of other software are verified, kept byte for byte, and read by today's parsers; nothing is asked for."""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from archive.whole_records import whole_records
from core.errors import CopytrailError
from runner.workspace import Workspace
from tests.runner import foreign_captures as made
from tests.runner.commands import Home

FIRST_DAY = "0001-01-01T00:00:00+14:00"  # which no clock of UTC knows


def warcs(home: Home) -> list[Path]:
    return sorted((home.folder / "archive" / "warc").glob("imported-*.warc.gz"))


def take(home: Home, path: Path, status: int = 0, *more: str) -> list[dict[str, Any]]:
    return home("import", path, "--case", "harbour", "--json", *more, status=status).rows


def test_a_crawl_by_browsertrix_becomes_posts_with_the_times_of_its_records(
    either_home: Home, tmp_path: Path, site: Any
) -> None:
    home = either_home
    (row,) = take(home, made.crawl(tmp_path / "crawl.wacz"))
    assert (row["software"], row["verdict"], row["problems"]) == ("Browsertrix-Crawler 1.7.0", "intact", [])
    assert (row["posts"], row["sources"], row["requests_with_secrets"], row["pages_unread"]) == (2, 2, 1, 0)
    posts = home("table", "posts", "--format", "jsonl", "--out", "-").rows
    assert {p["first_seen"] for p in posts} == {"2024-03-05T10:11:12.345Z"}
    assert all(made.TEXT.strip() in p["text"] for p in posts)
    assert site.asked == []


def test_the_warc_files_are_kept_byte_for_byte(home: Home, tmp_path: Path) -> None:
    path = made.crawl(tmp_path / "crawl.wacz")
    take(home, path)
    with zipfile.ZipFile(path) as archive:
        originals = [archive.read(f"archive/rec-{name}-0.warc.gz") for name in "ab"]
    assert [p.read_bytes() for p in warcs(home)] == originals
    sha = hashlib.sha256(path.read_bytes()).hexdigest()
    assert warcs(home)[0].name == f"imported-{sha[:16]}-001.warc.gz"


def test_records_know_that_they_were_captured_elsewhere(either_home: Home, tmp_path: Path) -> None:
    from storage import captures, custody, imported
    from storage.cases import case_id

    path = made.crawl(tmp_path / "crawl.wacz")
    take(either_home, path)
    workspace = Workspace.open(either_home.folder)
    with workspace.database.read() as conn:
        number = case_id(conn, "harbour")
        of_case = captures.of_case(conn, "harbour")
        elsewhere = imported.elsewhere(conn, of_case)
        log = list(custody.log(conn, number))
        (archive,) = imported.archives(conn, number)
    workspace.database.close()
    assert {made.named(n).strip("<>") for n in (2, 4, 12, 14, 15, 16)} == of_case == set(elsewhere)
    told = elsewhere[made.named(12).strip("<>")]
    assert (told["name"], told["software"], told["verdict"]) == ("crawl.wacz", "Browsertrix-Crawler 1.7.0", "intact")
    assert told["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert any(check["result"] == "not_checked" for check in archive["checks"])
    event = next(e for e in log if e["event"] == "imported")
    assert (event["object"], event["sha256"]) == ("archive:crawl.wacz", told["sha256"])
    assert event["note"]["captured_elsewhere"] is True


def test_what_gave_posts_is_a_source_that_is_paused(home: Home, tmp_path: Path, site: Any) -> None:
    take(home, made.crawl(tmp_path / "crawl.wacz"))
    sources = home("sources", "--json").rows
    assert {s["paused"] for s in sources} == {True}
    assert {s["route"] for s in sources} == {"page"}
    assert {s["next_run"] for s in sources} == {None}
    home("collect", "--case", "harbour", status=3)
    assert site.asked == []


def test_importing_again_changes_nothing(either_home: Home, tmp_path: Path) -> None:
    path = made.crawl(tmp_path / "crawl.wacz")
    take(either_home, path)
    before = either_home.posts()
    (row,) = take(either_home, path)
    assert (row["imported_before"], row["new"], row["changed"], row["sources_new"]) == (True, 0, 0, 0)
    assert either_home.posts() == before


def test_the_archive_can_be_read_again_with_later_parsers(home: Home, tmp_path: Path) -> None:
    take(home, made.crawl(tmp_path / "crawl.wacz"))
    rows = home("reparse", "--json").rows
    assert sorted((r["posts"], r["new"], r["changed"]) for r in rows) == [(1, 0, 0), (1, 0, 0)]


@pytest.mark.parametrize("digests", ["sha1", "md5", "sha256"])
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_bare_warc_of_either_version_and_any_digest_is_read(
    home: Home, tmp_path: Path, version: str, digests: str
) -> None:
    path = tmp_path / "archiveweb.warc.gz"
    at = "2024-03-05T10:11:12Z"
    records = [made.warcinfo(1, "Webrecorder ArchiveWeb.page 0.12.0"),
               *made.answer(2, made.STORY, made.page(), version=version, digests=digests, at=at)]  # fmt: skip
    path.write_bytes(made.packed(records))
    (row,) = take(home, path)
    assert (row["posts"], row["software"], row["problems"]) == (1, "Webrecorder ArchiveWeb.page 0.12.0", [])
    assert warcs(home)[0].read_bytes() == path.read_bytes()


@pytest.mark.parametrize("form", ["plain", "one member", "two to a member"])
def test_files_that_are_packed_otherwise_are_packed_anew_with_the_same_records(
    home: Home, tmp_path: Path, form: str
) -> None:
    records = [made.warcinfo(1), *made.answer(2, made.STORY, made.page())]
    data = {
        "plain": b"".join(records),
        "one member": gzip.compress(b"".join(records), mtime=0),
        "two to a member": made.packed([records[0] + records[1], records[2]]),
    }[form]
    path = tmp_path / "foreign.warc"
    path.write_bytes(data)
    (row,) = take(home, path)
    assert (row["posts"], row["problems"]) == (1, [])
    kept = list(whole_records(warcs(home)[0]))
    assert [r.sha256 for r in kept] == [hashlib.sha256(r).hexdigest() for r in records]


def test_what_is_whole_of_a_damaged_file_is_taken_and_the_rest_named(home: Home, tmp_path: Path) -> None:
    records = [made.warcinfo(1), *made.answer(2, made.STORY, made.page()),
               *made.answer(4, made.STORY + "-two", made.page("Two"))]  # fmt: skip
    members = [gzip.compress(r, mtime=0) for r in records]
    torn = members[2][:30] + bytes(20) + members[2][50:]
    path = tmp_path / "torn.warc.gz"
    path.write_bytes(b"".join([*members[:2], torn, *members[3:-1], members[-1][:-40]]))
    printed = home("import", path, "--case", "harbour", status=1)
    place = len(members[0]) + len(members[1])
    assert f"torn.warc.gz, bytes {place} to {place + len(torn)}" in printed.err
    assert "2 posts" in printed.out
    assert [r.id for r in whole_records(warcs(home)[0])] == [made.named(n).strip("<>") for n in (1, 2, 4)]


def test_a_changed_capture_is_imported_and_said_to_have_failed(home: Home, tmp_path: Path) -> None:
    path = made.crawl(tmp_path / "crawl.wacz")
    with zipfile.ZipFile(path) as archive:
        members = {n: archive.read(n) for n in archive.namelist()}
    members["pages/pages.jsonl"] = members["pages/pages.jsonl"].replace(b"A page", b"B page")
    with zipfile.ZipFile(path, "w") as out:
        for name, data in members.items():
            out.writestr(name, data)
    (row,) = take(home, path, status=1)
    assert row["verdict"] == "failed"
    assert any("pages.jsonl" in sentence for sentence in row["problems"])
    assert row["posts"] == 2


def test_a_record_never_takes_the_id_of_another(home: Home, tmp_path: Path) -> None:
    first, second = tmp_path / "a.warc.gz", tmp_path / "b.warc.gz"
    first.write_bytes(made.packed(made.answer(2, made.STORY, made.page())))
    other = made.answer(2, made.STORY + "-other", made.page("Another"))
    second.write_bytes(made.packed([*other, *made.answer(8, made.STORY + "-third", made.page("Third"))]))
    take(home, first)
    (row,) = take(home, second, status=1)
    assert "bear the id of another record" in row["problems"][0]
    assert row["posts"] == 1
    assert {p["title"] for p in home.posts()} == {"The sea wall", "Third"}


def test_one_id_for_two_records_of_a_capture_is_read_as_neither(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "twice.warc.gz"
    path.write_bytes(made.packed([*made.answer(2, made.STORY, made.page()),
                                  *made.answer(2, made.STORY + "-two", made.page("Two"))]))  # fmt: skip
    (row,) = take(home, path, status=1)
    assert row["posts"] == 0


def test_what_auto_archiver_leaves_is_found_in_its_folder_and_in_a_zip(home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "local_archive" / "sheet-1"
    folder.mkdir(parents=True)
    made.crawl(folder / "3f9d.wacz")
    (folder / "3f9d.html").write_text("<p>report</p>")
    (folder / "screenshot.png").write_bytes(b"\x89PNG")
    (row,) = take(home, tmp_path / "local_archive")
    assert (row["file"], row["posts"]) == ("sheet-1/3f9d.wacz", 2)
    with zipfile.ZipFile(tmp_path / "archive.zip", "w") as out:
        out.write(folder / "3f9d.wacz", "sheet-1/3f9d.wacz")
        out.write(folder / "3f9d.html", "sheet-1/3f9d.html")
    (row,) = take(home, tmp_path / "archive.zip")
    assert (row["file"], row["imported_before"]) == ("sheet-1/3f9d.wacz", True)


def test_what_is_no_capture_is_named(home: Home, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "note.warc").write_text("this is no WARC")
    (tmp_path / "packed.warc.zst").write_bytes(b"\x28\xb5\x2f\xfd" + bytes(50))
    for name, says in (("note.warc", "is no WARC file"), ("packed.warc.zst", "zstd -d")):
        printed = home("import", tmp_path / name, "--case", "harbour", status=2)
        assert says in printed.err
    assert "holds no WACZ" in home("import", tmp_path / "empty", "--case", "h", "--format", "capture", status=2).err


@pytest.mark.parametrize("name", ["../out.warc.gz", "/etc/out.warc.gz"])
def test_a_zip_that_leads_out_of_its_folder_is_not_opened(home: Home, tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "slip.wacz", "w") as out:
        out.writestr(name, made.packed([made.warcinfo(1)]))
        out.writestr("datapackage.json", b"{}")
    printed = home("import", tmp_path / "slip.wacz", "--case", "harbour", status=2)
    assert "leads out of its folder" in printed.err
    assert warcs(home) == []


def test_a_bomb_is_not_opened(home: Home, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.wacz", "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("archive/a.warc.gz", bytes(30_000_000))
        out.writestr("datapackage.json", b"{}")
    assert home("import", tmp_path / "bomb.wacz", "--case", "harbour", status=2).err


def test_odd_dates_ids_and_addresses_stop_nothing(either_home: Home, tmp_path: Path) -> None:
    odd = [
        *made.answer(2, "https://plainpress.example/odd\x00\udcff".encode("utf-8", "replace").decode(), b"<p>x</p>"),
        *made.answer(4, "https://plainpress.example/old-story-of-a-wall", made.page("Old"), at=FIRST_DAY),
        *made.answer(6, "https://plainpress.example/dateless-story-of-a-wall", made.page("None"), at="soon"),
        made.record(8, "response", "https://[broken/", b"HTTP/1.1 200 OK\r\n\r\n<p>x</p>"),
        made.record(9, "resource", "urn:view:x", b"x", content="image/png", at="never"),
        *made.answer(10, made.STORY, made.page()),
    ]  # fmt: skip
    path = tmp_path / "odd.warc.gz"
    path.write_bytes(made.packed(odd))
    (row,) = take(either_home, path, status=1)
    assert row["posts"] == 1
    assert any("without a usable id or date" in sentence for sentence in row["problems"])


def test_what_is_dated_after_its_import_is_kept_and_not_read(home: Home, tmp_path: Path) -> None:
    late = made.answer(4, f"{made.STORY}-2", made.page("Late"), at="2100-01-01T00:00:00Z")
    early = made.answer(6, f"{made.STORY}-3", made.page("Early"), at="1970-01-01T00:00:00Z")
    path = tmp_path / "late.warc.gz"
    path.write_bytes(made.packed([*late, *early, *made.answer(2, made.STORY, made.page())]))
    (row,) = take(home, path, status=1)
    assert row["posts"] == 1
    assert any("2 records are dated after" in s or "1 records are dated after" in s for s in row["problems"])
    assert {p["first_seen"] for p in home("table", "posts", "--format", "jsonl", "--out", "-").rows} == {made.AT}


def test_pages_that_no_parser_reads_are_counted(home: Home, tmp_path: Path) -> None:
    path = made.wacz(
        tmp_path / "x.wacz", {"a.warc.gz": made.packed(made.answer(2, made.STORY, b"<p>Nothing.</p>"))}, [made.STORY]
    )
    (row,) = take(home, path)
    assert (row["posts"], row["pages_unread"], row["sources"]) == (0, 1, 0)
    assert home("sources", "--json").rows == []


def test_a_wacz_by_the_reference_tool_is_read(home: Home, tmp_path: Path) -> None:
    source, out = tmp_path / "a.warc.gz", tmp_path / "made.wacz"
    source.write_bytes(made.packed([made.warcinfo(1), *made.answer(2, made.STORY, made.page())]))
    (tmp_path / "pages.jsonl").write_text(
        json.dumps({"format": "json-pages-1.0", "id": "pages", "title": "All"})
        + "\n" + json.dumps({"id": "1", "url": made.STORY, "ts": made.AT, "title": "A"}) + "\n"
    )  # fmt: skip
    tool = "import sys; from wacz.main import main; sys.exit(main())"
    command = [sys.executable, "-c", tool, "create", "-o", str(out), "-p",
               str(tmp_path / "pages.jsonl"), "--copy-pages", str(source)]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (row,) = take(home, out)
    assert (row["posts"], row["verdict"]) == (1, "intact")
    assert "wacz" in row["software"]


def test_an_exhibit_says_that_its_post_was_captured_elsewhere(home: Home, tmp_path: Path) -> None:
    path = made.crawl(tmp_path / "crawl.wacz")
    take(home, path)
    refs = [post["ref"] for post in home.posts()]
    home("export", "--case", "harbour", "--item", refs[0], "--item", refs[1], "--out", tmp_path / "out.zip")
    printed = home("verify", tmp_path / "out.zip")
    assert "failed" not in printed.out
    with zipfile.ZipFile(tmp_path / "out.zip") as outer:
        exhibits = [n for n in outer.namelist() if n.endswith(".wacz")]
        assert len(exhibits) == 2
        for name in exhibits:
            (tmp_path / "one.wacz").write_bytes(outer.read(name))
            with zipfile.ZipFile(tmp_path / "one.wacz") as inner:
                item, capture = (json.loads(inner.read(f"evidence/{part}.json")) for part in ("item", "capture"))
            told = item["elsewhere"]
            assert told == capture["elsewhere"]
            assert (told["name"], told["verdict"]) == ("crawl.wacz", "intact")
            assert told["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
            assert capture["software"] == "Browsertrix-Crawler 1.7.0"


def no_browser(*_: object, **__: object) -> bytes:
    raise CopytrailError("There is no browser.")


def _requests(bundle: Path) -> list[bytes]:
    """Return the request records of the WACZ of a case, unpacked."""
    with zipfile.ZipFile(bundle) as outer:
        name = next(n for n in outer.namelist() if n.endswith("data/case.wacz"))
        (bundle.with_suffix(".wacz")).write_bytes(outer.read(name))
    with zipfile.ZipFile(bundle.with_suffix(".wacz")) as wacz:
        data = b"".join(wacz.read(n) for n in wacz.namelist() if n.startswith("archive/"))
    return [one for one in gzip.decompress(data).split(b"WARC/1.") if b"WARC-Type: request" in one]


@pytest.mark.parametrize("edition", ["sealed", "public"])
def test_no_bundle_carries_the_keys_of_whoever_captured(
    edition: str, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evidence.printing.report_pdf", no_browser)
    keys = ["s3ss10n-9f8e7d6c", "dXNlcjpodW50ZXIyaHVudGVy", "zz-csrf-4411", "4p1-k3y-of-them", "hunter2hunter2"]
    sent = [f"Cookie: sid={keys[0]}; lang=en", f"authorization:  Basic {keys[1]}", f"X-CSRF-Token: {keys[2]}",
            f"X-Api-Key: a\r\n {keys[3]}", "Content-Type: application/x-www-form-urlencoded"]  # fmt: skip
    response, request = made.answer(2, made.STORY, made.page(), sent=sent)
    login = request.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n\r\n") + f"user=a&password={keys[4]}".encode()
    request = made.record(3, "request", made.STORY, login, extra=[f"WARC-Concurrent-To: {made.named(2)}"])
    plain = made.answer(4, f"{made.STORY}-2", made.page("Another"))
    path = tmp_path / "crawl.warc.gz"
    path.write_bytes(made.packed([made.warcinfo(1), response, request, *plain]))
    take(home, path)
    assert keys[0].encode() in gzip.decompress(warcs(home)[0].read_bytes()), "the store keeps it byte for byte"
    out = tmp_path / "case.zip"
    home("export", "--case", "harbour", "--out", out, "--edition", edition)
    for bundle in tmp_path.glob("case*.zip"):
        asked = _requests(bundle)
        assert len(asked) == 2
        for key in keys:
            assert key.encode() not in b"".join(asked)
        (new,) = [one for one in asked if b"Copytrail-Redacted: " in one]
        assert b"cookie:" in new.lower().partition(b"\r\n\r\n")[0]
        assert made.named(3).encode() not in new
        assert b"User-Agent: Invented" in new
        assert home("verify", bundle, "--json").rows[-1]["verdict"] == "intact"
        with zipfile.ZipFile(bundle.with_suffix(".wacz")) as wacz:
            rows = json.loads(wacz.read("evidence/manifest.json"))["records"]
        assert {r["type"] for r in rows if r["place"] is None} == {"warcinfo", "request"}
        assert len([r for r in rows if r["place"] is None and r["type"] == "request"]) == 1
