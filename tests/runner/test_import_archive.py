"""Archives of X: posts and account out of a zip or beside each other, and zips that are not to be trusted."""

from __future__ import annotations

import json
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest

from core.errors import BadInput
from core.records import Post, Profile
from runner.importers import Rejected, import_posts
from runner.imports import x_archive


def post(number: int, words: str = "Fog", **more: Any) -> dict[str, Any]:
    return {"tweet": {
        "id_str": str(number), "id": str(number), "full_text": words, "created_at": "Sun Jun 01 10:00:00 +0000 2025",
        "favorite_count": "3", "retweet_count": "1", "lang": "en", "entities": {"hashtags": [{"text": "fog"}],
        "urls": [], "user_mentions": []}, **more,
    }}  # fmt: skip


def code(name: str, value: Any) -> str:
    return f"window.YTD.{name}.part0 = {json.dumps(value, indent=2)}"


ABOUT = {
    "data/account.js": code("account", [{"account": {
        "username": "pierkeeper", "accountId": "77", "accountDisplayName": "Pier",
        "createdAt": "2019-05-06T02:40:47Z"}}]),
    "data/profile.js": code("profile", [{"profile": {
        "description": {"bio": "Tide tables", "website": "https://p.example"},
        "avatarMediaUrl": "https://cdn.example/a.jpg"}}]),
    "data/manifest.js": 'window.__THAR_CONFIG = {"archiveInfo": {"generationDate": "2025-07-01T00:00:00.000Z"}}',
}  # fmt: skip


def archive(tmp_path: Path, files: dict[str, str], name: str = "download.zip") -> Path:
    path = tmp_path / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for inner, content in files.items():
            packed.writestr(inner, content)
    return path


def test_posts_and_account(tmp_path: Path) -> None:
    tweets = [
        post(1, "Fog &amp; rain", in_reply_to_status_id_str="9"), post(2, "RT @mole: cut…"),
        post(3, extended_entities={"media": [{"type": "photo", "media_url_https": "https://cdn.example/p.jpg"}]}),
    ]  # fmt: skip
    files = {**ABOUT, "data/tweets.js": code("tweets", tweets), "data/tweets-part1.js": code("tweets", [post(4)]),
             "data/direct-messages.js": code("direct_messages", [{"x": "private"}])}  # fmt: skip
    profile, first, second, third, fourth = import_posts(archive(tmp_path, files))
    assert isinstance(profile, Profile)
    assert (profile.bio, profile.author.handle, profile.links) == ("Tide tables", "pierkeeper", ("https://p.example",))
    assert isinstance(first, Post)
    assert (first.ref, first.text, first.reply_to, first.tags) == ("x:1", "Fog & rain", "x:9", ("fog",))
    assert (first.author.native_id, first.url) == ("77", "https://x.com/pierkeeper/status/1")
    assert (first.metrics.likes, first.published.model_dump()["at"]) == (3, "2025-06-01T10:00:00Z")
    assert first.model_dump()["metrics_at"] == "2025-07-01T00:00:00Z"
    assert [item.kind for item in (second, third, fourth) if isinstance(item, Post)] == ["repost", "post", "post"]
    assert isinstance(third, Post)
    assert third.media[0].url == "https://cdn.example/p.jpg"


def test_unpacked_and_of_older_years(tmp_path: Path) -> None:
    for name in ("account", "manifest"):
        (tmp_path / f"{name}.js").write_text(ABOUT[f"data/{name}.js"])
    (tmp_path / "tweet.js").write_text("\ufeff" + code("tweet", [post(1)["tweet"], 7, {"tweet": {}}, post(2)]))
    items = list(import_posts(tmp_path / "tweet.js"))
    assert [item.ref for item in items if isinstance(item, Post)] == ["x:1", "x:2"]
    assert [item.reason for item in items if isinstance(item, Rejected)] == ["is no post of an archive", "has no id"]


def test_folder_around_everything(tmp_path: Path) -> None:
    files = {f"twitter-2025/{name}": content for name, content in ABOUT.items()}
    found = list(import_posts(archive(tmp_path, {**files, "twitter-2025/data/tweets.js": code("tweets", [post(1)])})))
    assert [item.author.handle for item in found if isinstance(item, Post)] == ["pierkeeper"]


def test_names_that_lead_out_are_no_posts(tmp_path: Path) -> None:
    evil = code("tweets", [post(666)])
    names = (
        "../data/tweets.js",
        "/data/tweets.js",
        "..\\data\\tweets.js",
        "data/../../tweets.js",
        "a/b/data/tweets.js",
    )
    path = archive(tmp_path, {**dict.fromkeys(names, evil), "data/tweets.js": code("tweets", [post(1)])})
    before = sorted(p.name for p in tmp_path.parent.iterdir())
    assert [item.ref for item in import_posts(path) if isinstance(item, Post)] == ["x:1"]
    assert sorted(p.name for p in tmp_path.parent.iterdir()) == before


def test_bombs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = archive(tmp_path, {"data/tweets.js": "window.YTD.tweets.part0 = [" + " " * 50_000_000 + "]"})
    (bad,) = import_posts(path)
    assert isinstance(bad, Rejected)
    assert "would unpack to 50,000,0" in bad.reason
    monkeypatch.setattr(x_archive, "MAX_MEMBERS", 2)
    many = archive(tmp_path, {"data/tweets.js": "[]", "a": "", "b": ""})
    with pytest.raises(BadInput, match="holds 3 files"):
        list(import_posts(many))


def test_member_that_lies_about_its_size(tmp_path: Path) -> None:
    path = archive(tmp_path, {"data/tweets.js": code("tweets", [post(n, "x" * 500) for n in range(2000)])})
    data = bytearray(path.read_bytes())
    where = data.rfind(b"PK\x01\x02")
    data[where + 24 : where + 28] = struct.pack("<I", 100_000)  # what it says it unpacks to
    path.write_bytes(data)
    items = list(import_posts(path))
    assert len([item for item in items if isinstance(item, Post)]) < 2000
    assert isinstance(items[-1], Rejected)


def test_zip_that_breaks_off_or_is_damaged(tmp_path: Path) -> None:
    path = archive(
        tmp_path, {"data/tweets.js": code("tweets", [post(n, str(n**9)) for n in range(3000)])}, "twitter.zip"
    )
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadInput, match=r"twitter\.zip is a zip that breaks off"):
        list(import_posts(path))
    middle = len(whole) // 2
    path.write_bytes(whole[:middle] + b"\0" * 40 + whole[middle + 40 :])
    items = list(import_posts(path))
    assert [item for item in items if isinstance(item, Post)]
    assert "is damaged" in next(
        item.reason for item in reversed(items) if isinstance(item, Rejected) and item.line == 0
    )


def test_other_zips(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no archive of X; unpack it"):
        import_posts(archive(tmp_path, {"posts.csv": "a"}))
    with pytest.raises(BadInput, match=r"holds no data/tweets\.js"):
        list(import_posts(archive(tmp_path, {"posts.csv": "a"}), "x-archive"))


def test_list_that_breaks_off(tmp_path: Path) -> None:
    path = tmp_path / "tweets.js"
    path.write_text(code("tweets", [post(1), post(2), post(3)])[:-60])
    items = list(import_posts(path))
    assert [item.ref for item in items if isinstance(item, Post)] == ["x:1", "x:2"]
    assert isinstance(items[-1], Rejected)


def test_members_that_lie_over_one_another_are_bounded_in_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(x_archive, "MAX_BYTES", 1_000)
    files = {f"data/tweets-part{n}.js": code("tweets", [post(n)]) for n in range(1, 6)}
    items = list(import_posts(archive(tmp_path, files)))
    told = [item.reason for item in items if isinstance(item, Rejected)]
    assert len([item for item in items if isinstance(item, Post)]) == 5 - len(told)
    assert len(told) >= 2
    assert all("was not read" in reason for reason in told)
