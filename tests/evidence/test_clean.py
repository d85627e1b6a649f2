"""No false alarm: twenty clean bundles of different shapes are intact."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from core.canonical import canonical
from evidence.checks import Trust
from evidence.verify import verify
from tests.evidence import forge
from tests.evidence.forge import WARC, Files, World
from tests.evidence.tampering import Base, around, edited, keyed, logged
from tests.evidence.test_verify import foreign, packed


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    return Base(World(tmp_path_factory.mktemp("world")))


def unplaced(files: Files) -> Files:
    """Return an exhibit whose records are in no seal yet."""
    rest = {n: d for n, d in files.items() if "/seal-" not in n}

    def bare(manifest: dict[str, object]) -> dict[str, object]:
        rows = [{**row, "place": None} for row in manifest["records"]]  # type: ignore[attr-defined]
        return {**manifest, "records": rows, "custody": {**manifest["custody"], "sealed": None}}  # type: ignore[dict-item]

    rest["evidence/manifest.json"] = edited(files["evidence/manifest.json"], bare)
    return rest


def imported(files: Files) -> Files:
    """Return an exhibit of a post that was imported: no answer, no page."""
    gone = ("evidence/capture.json", "evidence/screenshot.png")
    item = edited(files["evidence/item.json"], lambda v: {**v, "records": {}})
    return {**{n: d for n, d in files.items() if n not in gone}, "evidence/item.json": item}


def wacz(base: Base, files: Files, *, stamp: bool = True) -> bytes:
    authority = base.world.second if stamp else None
    return forge.zipped(forge.signed([forge.listed(files)], base.world.identity, stamp=authority)[0])


def few(base: Base, count: int) -> bytes:
    return forge.bundle(forge.case_files(base.world, [forge.zipped(f) for f in base.waczs[:count]]))


def public(base: Base) -> bytes:
    def change(manifest: dict[str, object]) -> dict[str, object]:
        return {**manifest, "edition": "public"}

    bare = [unplaced(f) for f in base.bare]
    bare = [{**f, "evidence/manifest.json": edited(f["evidence/manifest.json"], change)} for f in bare]
    waczs = forge.signed([forge.listed(f) for f in bare], base.world.identity, stamp=base.world.second)
    files = forge.case_files(base.world, [forge.zipped(f) for f in waczs])
    told = {"edition": "public", "original": "a" * 64}
    return forge.bundle(forge.sealed(files, base.world.identity, stamp=base.world.second, **told))


def domain(base: Base) -> Files:
    """Return a WACZ that another tool signed in the name of a domain."""
    files = foreign(base)
    return {**files, "datapackage-digest.json": json.dumps({
        "path": "datapackage.json", "hash": f"sha256:{forge.sha(files['datapackage.json'])}",
        "signedData": {"domainCert": "x", "domain": "archive.example"}}).encode()}  # fmt: skip


SHAPES: dict[str, Callable[[Base], bytes | Files]] = {
    "a case bundle": lambda b: b.bytes,
    "a case bundle with a name in another script": lambda b: forge.bundle(b.case, "Гавань 港"),
    "a case bundle without a folder": lambda b: forge.zipped(b.case),
    "a case bundle of one exhibit": lambda b: few(b, 1),
    "a case bundle of no exhibit": lambda b: few(b, 0),
    "a public edition": public,
    "a bundle made anew": lambda b: keyed(b, dict(b.bare[0]), stranger=False),
    "a bundle with an exhibit packed again": lambda b: around(b, b.waczs[0]),
    "a bundle with its log written again": logged(lambda e: e),
    "an exhibit": lambda b: wacz(b, b.bare[0]),
    "an exhibit in another script": lambda b: wacz(b, b.bare[2]),
    "an exhibit that is not stamped yet": lambda b: wacz(b, b.bare[0], stamp=False),
    "an exhibit that is not sealed yet": lambda b: wacz(b, unplaced(b.bare[0])),
    "an exhibit that was imported": lambda b: wacz(b, imported(b.bare[1])),
    "an exhibit with an address of any kind": lambda b: wacz(b, {
        **b.bare[0], "evidence/item.json": edited(b.bare[0]["evidence/item.json"], lambda v: {
            **v, "text": "e\u0301 \u202e \U0001f30a \ud7ff", "links": ["https://harbour.example/ü?q=ß"]})}),
    "another tool's": foreign,
    "another tool's, packed whole": lambda b: foreign(b, joined=True),
    "another tool's, not packed": lambda b: foreign(b, plain=True),
    "another tool's, WARC 1.0, without digests": lambda b: foreign(b, one=True),
    "another tool's, signed by a domain": domain,
    "a WARC": lambda b: b.bare[0][WARC],
    "a WARC that is not packed": lambda b: gzip.decompress(b.bare[0][WARC]),
}  # fmt: skip


def test_there_are_twenty() -> None:
    assert len(SHAPES) >= 20
    assert canonical({}) == b"{}\n"


@pytest.mark.parametrize("name", SHAPES)
def test_it_is_intact(base: Base, tmp_path: Path, name: str) -> None:
    made, path = SHAPES[name](base), tmp_path / "bundle.zip"
    if isinstance(made, dict):
        packed(path, made)
    else:
        path.write_bytes(made)
    ours = not name.startswith(("another", "a WARC"))
    checks = verify(path, base.world.trust if ours else Trust())
    assert not [c for c in checks if c.result == "failed"], [c for c in checks if c.result == "failed"]
    assert any(c.result == "proved" for c in checks)
