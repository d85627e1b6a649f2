"""From a workspace to a case bundle: what is gathered, and what stands in the log afterwards."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from benchmarks.export_bundle import CASE, PLATFORMS, build
from core.errors import BadInput
from core.records import Post
from evidence.members import members
from runner.export import export
from runner.workspace import Workspace
from storage import cases, custody, exhibits, posts
from storage.engine import Database


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A case of 40 posts, four of them with a captured page."""
    return build(tmp_path_factory.mktemp("case") / "w", 40, 4, 7)


@pytest.fixture(autouse=True)
def no_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is printed: that has tests of its own."""
    from core.errors import CopytrailError

    def none(*_: object, **__: object) -> Any:
        raise CopytrailError("There is no browser here.")

    monkeypatch.setattr("evidence.printing.report_pdf", none)


def inside(path: Path) -> dict[str, bytes]:
    """Return the files of a bundle without its folder."""
    with zipfile.ZipFile(path) as archive:
        return {name.split("/", 1)[1]: archive.read(name) for name in archive.namelist()}


def wacz(data: bytes, folder: Path) -> zipfile.ZipFile:
    """Open a WACZ of a bundle."""
    (folder / "one.wacz").write_bytes(data)
    return zipfile.ZipFile(folder / "one.wacz")


def test_items_become_exhibits_in_their_order_and_there_is_no_case_wacz(workspace: Workspace, tmp_path: Path) -> None:
    refs = [f"{PLATFORMS[0]}:p7", f"{PLATFORMS[0]}:p0"]
    done = export(workspace, case=CASE, out=tmp_path / "two.zip", items=refs)
    files = inside(tmp_path / "two.zip")
    assert done["exhibits"] == 2
    assert [n for n in files if n.endswith(".wacz")] == [
        "data/exhibits/e001-reddit-p7.wacz", "data/exhibits/e002-reddit-p0.wacz",
    ]  # fmt: skip


def test_an_exhibit_carries_answer_page_and_picture_and_names_them(workspace: Workspace, tmp_path: Path) -> None:
    export(workspace, case=CASE, out=tmp_path / "one.zip", items=[f"{PLATFORMS[0]}:p0"])
    with wacz(inside(tmp_path / "one.zip")["data/exhibits/e001-reddit-p0.wacz"], tmp_path) as archive:
        item, capture = (json.loads(archive.read(f"evidence/{n}.json")) for n in ("item", "capture"))
        manifest = json.loads(archive.read("evidence/manifest.json"))
        rows = archive.read("pages/pages.jsonl").decode().splitlines()
        with archive.open("archive/000001.warc.gz") as file:
            records = {r.id: r for r in members(file)}
        picture = archive.read("evidence/screenshot.png")
    assert set(item["records"].values()) | set(capture["records"].values()) <= set(records)
    assert records[item["media"][0]["record"]].payload_sha256.hex() == item["media"][0]["sha256"]
    urls = {r.headers.get("warc-target-uri", "") for r in records.values()}
    assert {f"urn:{role}:{item['url_requested']}" for role in ("view", "dom", "text", "pdf", "pageinfo")} <= urls
    assert f"{item['url_requested']}/3.png" in urls, "what the page loaded goes along"
    assert json.loads(rows[1])["url"] == item["url_requested"], "the captured page comes first"
    assert picture.startswith(b"\x89PNG")
    assert {row["id"] for row in manifest["records"]} == set(records)
    assert sum(row["place"] is None for row in manifest["records"]) <= 2, "all but what was made here is sealed"


def test_the_log_tells_of_an_export_and_the_next_one_tells_what_is_new(tmp_path: Path) -> None:
    workspace = build(tmp_path / "w", 20, 0, 3)
    done = export(workspace, case=CASE, out=tmp_path / "a.zip")
    with workspace.database.write() as conn:
        number = cases.case_id(conn, CASE)
        last = list(custody.log(conn, number))[-1]
        posts.save_posts(conn, [Post(platform="vk", native_id="new")], case_id=number, at=workspace.clock().now())
    assert (last["event"], last["object"], last["sha256"]) == ("exported", "file:a.zip", done["sha256"])
    export(workspace, case=CASE, out=tmp_path / "b.zip", items=["vk:new"])
    told = inside(tmp_path / "b.zip")["README.html"].decode()
    assert "1 posts came in since then" in told
    assert "This bundle holds 1 chosen posts of the case" in told


def test_what_marks_a_post_as_new_is_read_alike_on_both_databases(database: Database) -> None:
    from benchmarks.export_bundle import START

    with database.write() as conn:
        case = cases.ensure_case(conn, CASE, START)
        first = Post(platform="vk", native_id="1", text="before")
        posts.save_posts(conn, [first], case_id=case, at=START)
        marks = exhibits.marks(conn)
        second = Post(platform="vk", native_id="2")
        posts.save_posts(conn, [first.model_copy(update={"text": "after"}), second], case_id=case, at=START)
    with database.read() as conn:
        assert exhibits.since(conn, CASE, **marks) == (["vk:2"], ["vk:1"])
        around = exhibits.around(conn, ["vk:1", "vk:none"])
        assert [v["text"] for v in around["vk:1"].versions] == ["before", "after"]
        assert set(around) == {"vk:1"}
        assert exhibits.observations(conn, CASE) == []


def test_an_unknown_post_or_a_name_that_is_taken_is_told_before_anything_is_written(
    workspace: Workspace, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match="vk:none is not in this case"):
        export(workspace, case=CASE, out=tmp_path / "x.zip", items=["vk:none"])
    (tmp_path / "x.zip").write_bytes(b"mine")
    with pytest.raises(BadInput, match="nothing is overwritten"):
        export(workspace, case=CASE, out=tmp_path / "x.zip")


def test_each_exhibit_passes_the_reference_validator_and_our_own(workspace: Workspace, tmp_path: Path) -> None:
    import subprocess
    import sys

    from evidence.verify import verify

    export(workspace, case=CASE, out=tmp_path / "v.zip", items=[f"{PLATFORMS[0]}:p0", f"{PLATFORMS[1]}:p21"])
    assert [c for c in verify(tmp_path / "v.zip") if c.result == "failed"] == []
    for name, data in inside(tmp_path / "v.zip").items():
        if name.endswith(".wacz"):
            path = tmp_path / name.rsplit("/", 1)[1]
            path.write_bytes(data)
            command = [sys.executable, "-c", "import sys; from wacz.main import main; sys.exit(main())"]
            done = subprocess.run([*command, "validate", "-f", str(path)], capture_output=True, text=True)
            assert done.returncode == 0, done.stdout + done.stderr


def test_chosen_posts_after_a_whole_case_are_not_told_as_its_loss(tmp_path: Path) -> None:
    own = build(tmp_path / "w", 12, 0, 7)
    refs = [f"{PLATFORMS[0]}:p0", f"{PLATFORMS[0]}:p7"]
    export(own, case=CASE, out=tmp_path / "all.zip")
    export(own, case=CASE, out=tmp_path / "two.zip", items=refs)
    told = inside(tmp_path / "two.zip")["method.md"].decode()
    assert "chosen posts of the case, and lists changes of these alone" in told
    assert "Not here any more" not in told
    assert "In that choice" not in told
    export(own, case=CASE, out=tmp_path / "one.zip", items=refs[:1])
    told = inside(tmp_path / "one.zip")["method.md"].decode()
    listed = told.split("In that choice and not in this one (")[1].split("\n\n")[0]
    assert f"- `{refs[1]}`" in listed
    assert f"`{refs[0]}`" not in listed


def test_another_ending_than_that_of_a_bundle_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    for name in ("x.tar", "x.pdf", "x.zip.age", "x.7z"):
        with pytest.raises(BadInput, match=r"is a \.zip or a \.wacz"):
            export(workspace, case=CASE, out=tmp_path / name)
    assert not list(tmp_path.iterdir())
