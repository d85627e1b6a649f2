"""What was read of kept files: which still want reading, what is kept of them, which are dull."""

from __future__ import annotations

from datetime import UTC, datetime

from storage import judgements, media, prints
from storage.engine import Database
from storage.media import Fetched
from storage.prints import PrintRow

AT = datetime(2023, 9, 1, tzinfo=UTC)
TOOLS = {"image": "picture-1", "video": "film-1"}
A, B, C = ("a" * 64, "b" * 64, "c" * 64)


def kept(database: Database, url: str, sha: str, mime: str, kind: str = "image") -> None:
    with database.write() as conn:
        media.save(conn, Fetched(url, kind, AT, sha, 10, mime))


def test_each_file_is_read_once_by_each_version_of_a_tool(database: Database) -> None:
    kept(database, "https://x.example/1", A, "image/png")
    kept(database, "https://x.example/2", A, "image/png")
    kept(database, "https://x.example/3", B, "video/mp4", "video")
    kept(database, "https://x.example/4", C, "image/svg+xml")
    with database.write() as conn:
        assert [(w.sha256, w.kind) for w in prints.wanted(conn, TOOLS)] == [(A, "image"), (B, "video")]
        row = PrintRow(A, "picture-1", "image", "read", prints=b"1", features=b"2", detail={"frames": 1})
        prints.save(conn, [row, row], AT)
        prints.save(conn, [PrintRow(B, "film-1", "video", "refused", "Decoding took more than 9 s.")], AT)
        assert prints.wanted(conn, TOOLS) == []
        assert [w.kind for w in prints.wanted(conn, {"image": "picture-2"})] == ["image"]
        loaded = list(prints.load(conn, 0, prints.newest(conn), TOOLS.values(), ("image",)))
        assert [(r.sha256, r.prints, r.features, r.detail) for r in loaded] == [(A, b"1", b"2", {"frames": 1})]
        assert prints.name_of(conn, loaded[0].id) == A[:16]
        assert prints.name_of(conn, 99) == ""
        assert sorted(prints.addresses(conn, [A])[A]) == ["https://x.example/1", "https://x.example/2"]
        assert prints.files_of(conn, ["https://x.example/2", "https://x.example/none"]) == {"https://x.example/2": A}


def test_kinds_are_told_by_what_the_bytes_show() -> None:
    assert prints.kind_of("video/mp4", "image") == "video"
    assert prints.kind_of("application/octet-stream", "video") == "video"
    assert prints.kind_of(None, "file") is None
    assert prints.kind_of("application/pdf", "file") is None


def test_blank_files_and_common_ones_are_dull(database: Database) -> None:
    with database.write() as conn:
        prints.save(conn, [PrintRow(A, "picture-1", "image", "blank", "nothing to see")], AT)
        number = judgements.save(conn, "media", B, "common", "a logo", AT)
        judgements.save(conn, "media", C, "keep", "", AT)
        assert prints.dull(conn) == {A, B}
        judgements.withdraw(conn, number, AT)
        assert prints.dull(conn) == {A}


def test_files_kept_later_are_told(database: Database) -> None:
    kept(database, "https://x.example/1", A, "image/png")
    with database.read() as conn:
        files, last = prints.kept_since(conn, None)
        assert files == [A]
        assert last is not None
        assert prints.kept_since(conn, last)[0] == []
