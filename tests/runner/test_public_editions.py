"""Public editions as a user asks for them: whom they hide, what is refused, and what is left behind then."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from core.errors import CopytrailError
from evidence import printing
from runner.redacting import SALT
from tests.runner.commands import Home


@pytest.fixture(autouse=True)
def _no_browser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the PDF out but where it is looked into: a browser takes longer than all the rest."""
    if "account_is_hidden" not in request.node.name:
        monkeypatch.setattr(printing, "report_pdf", _nothing)


def _nothing(*_: object, **__: object) -> bytes:
    raise CopytrailError("There is no browser.")


NAME, HANDLE = "Marisol Quillfeather", "quillmari_77"


def line(number: int, text: str, handle: str, name: str, native: str) -> str:
    author = {"native_id": native, "handle": handle, "name": name, "url": f"https://x.com/{handle}"}
    return json.dumps({
        "platform": "x", "native_id": f"88{number}", "text": text, "url": f"https://x.com/{handle}/status/88{number}",
        "author": author, "published": {"at": "2026-03-01T12:00:00Z"},
    }) + "\n"  # fmt: skip


def imported(home: Home, tmp_path: Path) -> None:
    long = "The harbour is closed until further notice, the master of the port said on Sunday morning."
    rows = line(1, f"{long} So says {NAME}.", HANDLE, "Old Quillmari", "90017") + line(2, long, "seawall", "S", "90018")
    (tmp_path / "posts.ndjson").write_text(rows + line(3, "I was called otherwise.", HANDLE, NAME, "90017"))
    home("import", tmp_path / "posts.ndjson", "--case", "harbour")
    home("match", "--case", "harbour")


def every_text(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        parts = [n + archive.read(n).decode("utf-8", "replace") for n in archive.namelist()]
        for name in archive.namelist():
            if name.endswith(".wacz"):
                with archive.open(name) as inner, zipfile.ZipFile(inner) as wacz:
                    parts += [wacz.read(n).decode("utf-8", "replace") for n in wacz.namelist()]
    return "\n".join(parts).casefold()


def export(home: Home, out: Path, *more: object, status: int = 0) -> str:
    made = home("export", "--case", "harbour", "--out", out, "--edition", "public", *more, status=status)
    return made.out + made.err


def test_an_account_is_hidden_under_all_it_was_ever_called(either_home: Home, tmp_path: Path) -> None:
    home, out = either_home, tmp_path / "public.zip"
    imported(home, tmp_path)
    said = export(home, out, "--redact", "x:90017")
    assert "public-sealed.zip" in said
    text = every_text(out)
    for hidden in (NAME, HANDLE, "Old Quillmari", "90017"):
        assert hidden.casefold() not in text
    assert "seawall" in text
    assert "person-" in text
    assert NAME.casefold() in every_text(tmp_path / "public-sealed.zip")
    assert (home.folder / SALT).stat().st_mode & 0o077 == 0
    assert (home.folder / SALT).read_text().strip() not in text
    for path in (out, tmp_path / "public-sealed.zip"):
        assert home("verify", path, "--json").rows[-1]["verdict"] == "intact"


def test_nothing_leads_to_the_posts_of_who_is_hidden(either_home: Home, tmp_path: Path) -> None:
    home, out = either_home, tmp_path / "public.zip"
    long = "The harbour is closed until further notice, the master of the port said on Sunday morning."
    posts: list[dict[str, Any]] = [
        {"platform": "x", "native_id": "1849302117765", "url": "https://x.com/i/status/1849302117765"},
        {"platform": "forum.example", "native_id": "q7", "url": "https://forum.example/t/the-sea-wall?page=2#q7"},
        {"platform": "x", "native_id": "1849302119999", "url": "https://x.com/i/status/1849302119999",
         "links": ["https://www.forum.example/t/the-sea-wall?page=2"], "reply_to": "x:1849302117765"},
    ]  # fmt: skip
    for number, post in enumerate(posts):
        author = {"native_id": "90017" if number < 2 else "90018", "handle": HANDLE if number < 2 else "seawall"}
        post |= {"text": long, "author": author, "published": {"at": "2026-03-01T12:00:00Z"}}
        if number < 2:
            post["media"] = [{"url": f"https://img.example/full/0f0e0d{number}.jpg?size=l", "kind": "image"}]
    (tmp_path / "posts.ndjson").write_text("\n".join(map(json.dumps, posts)))
    home("import", tmp_path / "posts.ndjson", "--case", "harbour")
    home("match", "--case", "harbour")
    export(home, out, "--redact", "x:90017", "--redact", "forum.example:90017")
    text = every_text(out)
    digest = hashlib.sha256((tmp_path / "posts.ndjson").read_bytes()).hexdigest()
    families = [hashlib.sha256(ref.encode()).hexdigest()[:12] for ref in ("x:1849302117765", "forum.example:q7")]
    assert families[0] in every_text(tmp_path / "public-sealed.zip")
    for hidden in ("1849302117765", "the-sea-wall", "forum.example:q7", "0f0e0d", digest, *families):
        assert hidden not in text
    assert "1849302119999" in text
    assert text.count("post-") > 3
    assert home("verify", out, "--json").rows[-1]["verdict"] == "intact"
    (tmp_path / "keep.yml").write_text("persons: [{account: 'x:90017', addresses: false}]\n")
    export(home, tmp_path / "told.zip", "--redact", tmp_path / "keep.yml")
    assert "1849302117765" in every_text(tmp_path / "told.zip")


def test_the_sealed_edition_may_be_named_and_pseudonyms_stay(home: Home, tmp_path: Path) -> None:
    imported(home, tmp_path)
    home("export", "--case", "harbour", "--out", tmp_path / "sealed.zip")
    names = []
    for number in (1, 2):
        out = tmp_path / f"p{number}.zip"
        export(home, out, "--redact", "x:90017", "--original", tmp_path / "sealed.zip")
        with zipfile.ZipFile(out) as archive:
            folder = archive.namelist()[0].split("/", 1)[0]
            told = json.loads(archive.read(f"{folder}/data/redactions.json"))
        names.append([row["rule"] for row in told["rules"] if row["kind"] == "person"])
    assert names[0] == names[1] != []
    assert not (tmp_path / "p1-sealed.zip").exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("persons:\n  - why: nobody\n", "line 2"),
        ("persons:\n  - names: [Marisol Quillfeather]\n    nick: x\n", "line 3"),
        ("strings:\n  - text: news\n", "is an ordinary word"),
        ("strings:\n  - text: abc\n", "fewer than 4 letters"),
        ("keep: [", "line"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_by_its_line_before_anything_is_written(
    home: Home, tmp_path: Path, text: str, says: str
) -> None:
    imported(home, tmp_path)
    (tmp_path / "r.yml").write_text(text)
    said = export(home, tmp_path / "out" / "public.zip", "--redact", tmp_path / "r.yml", status=2)
    assert says in said
    assert not (tmp_path / "out").exists()


def test_a_name_that_is_a_word_wants_to_be_said_how(home: Home, tmp_path: Path) -> None:
    imported(home, tmp_path)
    assert "fewer than 4 letters" in export(home, tmp_path / "a.zip", "--redact", "x:90018", status=2)
    (tmp_path / "r.yml").write_text("persons:\n  - account: x:90018\n    skip: [S]\n    why: asked for it\n")
    export(home, tmp_path / "b.zip", "--redact", tmp_path / "r.yml")
    assert "seawall" not in every_text(tmp_path / "b.zip")


def test_an_unknown_account_is_told(home: Home, tmp_path: Path) -> None:
    imported(home, tmp_path)
    assert "There is no account 'x:1'" in export(home, tmp_path / "a.zip", "--redact", "x:1", status=2)
    wrong = home("export", "--case", "harbour", "--out", tmp_path / "s.zip", "--redact", "x:90017", status=2)
    assert "add --edition public" in wrong.err


@pytest.mark.parametrize("edition", ["sealed", "public"])
def test_a_bundle_with_a_key_of_ours_is_deleted_and_refused(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, edition: str
) -> None:
    secret = "s3cr3t-0f-0urs-192837465"
    (tmp_path / "p.ndjson").write_text(
        line(5, f"they posted {secret[:8]}\u200b{secret[8:]}", "seawall", "Sea Wall", "7")
    )
    home("import", tmp_path / "p.ndjson", "--case", "harbour")
    monkeypatch.setenv("REDDIT_CLIENT_SECRET", secret)
    out = tmp_path / "out" / "a.zip"
    made = home("export", "--case", "harbour", "--out", out, "--edition", edition, status=1)
    assert "REDDIT_CLIENT_SECRET" in made.err
    assert secret not in made.err + made.out
    assert list((tmp_path / "out").iterdir()) == []
