from __future__ import annotations

import dataclasses
import gzip
import hashlib
import io
import json
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from PIL import Image, PngImagePlugin

from archive.warc import WarcWriter
from core.custody import BEGINNING, Event, flaws
from core.errors import BadInput
from core.exchange import Exchange
from core.times import StillClock
from evidence.case_bundle import write
from evidence.contents import Contents, Exhibit, Kept
from evidence.hiding import Hider
from evidence.item import Known, item
from evidence.members import members
from evidence.proofs import Means
from evidence.pseudonyms import Cast, Names, Person, Phrase
from evidence.public import Public
from evidence.scan import search
from evidence.secrets import KINDS, hider
from evidence.signing import Identity
from evidence.verify import verify
from runner.exhibits import name as exhibit_name
from tests.evidence.evidence_cases import AT, ids, post
from tests.evidence.public_cases import (
    ARABIC,
    CHARSETS,
    CJK,
    CYRILLIC,
    EVERYBODY,
    FORMS,
    HANDLE,
    HYPHENATED,
    NAME,
    PACKED,
    SECRETS,
)

IDENTITY = Identity.new("The Harbour Desk")
PLAIN = b"<p>The sea wall is finished, says the harbour master.</p>"
OURS = "k3y-0f-0ur-0wn-9182736455"
HTML = ("Content-Type", "text/html; charset=utf-8")


CAPTURE = {
    "v": 1, "id": "c1", "url": f"https://talk.example/@{HANDLE}", "started": "2026-03-01T12:00:00.250000Z",
    "ended": "2026-03-01T12:00:00.250000Z", "outcome": "ok", "route": "direct", "missing": {},
}  # fmt: skip


def cast(case: str = "wall") -> Cast:
    names = Names(b"s" * 32, case)
    main = Person("t:1", names.label("person", "t:1"), strings=(NAME, HANDLE), refs=frozenset({"talk.example:t9001"}),
                  ids=("t9001",), why=f"{NAME} is a bystander")  # fmt: skip
    others = [Person(n, names.label("person", n), strings=(n,)) for n in (CYRILLIC, CJK, ARABIC, HYPHENATED)]
    return Cast(names, (main, *others), (Phrase(names.label("hidden", "x"), "14 Ropewalk Lane", "an address"),))


def redactor(case: str = "wall") -> Public:
    made = cast(case)
    return Public(made, Hider(made.targets(), (), KINDS))


def exchange(path: str, body: bytes, *headers: tuple[str, str], **more: Any) -> Exchange:
    told: dict[str, Any] = {"method": "GET", "request_headers": (("Host", "talk.example"),), "request_body": b""}
    told |= {"status": 200, "reason": "OK", "url": f"https://talk.example/{path}"}
    return Exchange(captured_at=AT, headers=headers or (HTML,), body=body, **(told | more))


def jpeg() -> bytes:
    exif = Image.Exif()
    exif[0x13B], exif[0x112] = NAME, 6
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "navy").save(out, "JPEG", exif=exif, comment=HANDLE.encode())
    return out.getvalue()


def png(text: str = "") -> bytes:
    info = PngImagePlugin.PngInfo()
    if text:
        info.add_itxt("Author", text, zip=True)
    out = io.BytesIO()
    Image.new("RGB", (20, 20), "teal").save(out, "PNG", pnginfo=info)
    return out.getvalue()


class World:
    """An archive in which hidden names stand everywhere, beside records that say nothing of them."""

    def __init__(self, folder: Path) -> None:
        self.ids: dict[str, str] = {}
        with WarcWriter(folder / "warc", software="test/1", clock=StillClock(AT), make_id=ids()) as self.warc:
            self._pages()
            self._places()
            self._captures()
        self.files = sorted((folder / "warc").glob("*.warc.gz"))

    def keep(self, key: str, exchange: Exchange) -> None:
        self.ids[key] = self.warc.record(exchange)

    def _pages(self) -> None:
        self.keep("plain", exchange("plain", PLAIN))
        self.keep("bare picture", exchange("wall.png", png(), ("Content-Type", "image/png")))
        for n, who in enumerate(EVERYBODY):
            for form, make in FORMS.items():
                self.keep(f"{n} {form}", exchange(f"p{n}/{len(self.ids)}", f"<p>By {make(who)}!</p>".encode()))
        for form, pack in PACKED.items():
            encoding = ("Content-Encoding", form.split()[-1])
            self.keep(form, exchange(f"z/{form.replace(' ', '-')}", pack(f"<p>{NAME}</p>".encode()), HTML, encoding))
        for who, codecs in CHARSETS.items():
            for codec in codecs:
                kind = ("Content-Type", f"text/html; charset={codec}")
                self.keep(codec, exchange(f"c/{codec}", f"<p>{who}</p>".encode(codec), kind))
                self.keep(f"{codec} unsaid", exchange(f"u/{codec}", f"<p>{who}</p>".encode(codec)))
        for wide in ("utf-16-le", "utf-16-be", "utf-16"):
            self.keep(wide, exchange(f"w/{wide}", f"<p>{CYRILLIC} {NAME}</p>".encode(wide)))

    def _places(self) -> None:
        self.keep("address", exchange(f"{quote(CYRILLIC)}?by={HANDLE}", b"<p>x</p>"))
        self.keep("location", exchange("moved", b"", ("Location", f"/@{HANDLE}"), status=302, reason="Found"))
        self.keep("telltale", exchange("tell", NAME.encode(), HTML, ("ETag", '"abc"'), ("Content-MD5", "qqq")))
        sent = (("Host", "talk.example"), ("Referer", f"https://talk.example/{HANDLE}"))
        self.keep("sent", exchange("api", b"{}", method="POST", request_headers=sent, request_body=NAME.encode()))
        self.keep("numbers", exchange("n", b'{"id": 1, "by": "t9001"}', ("Content-Type", "application/json")))
        self.keep("photo", exchange("photo.jpg", jpeg(), ("Content-Type", "image/jpeg")))
        self.keep("drawing", exchange("drawing.png", png(NAME), ("Content-Type", "image/png")))
        self.keep("avif", exchange("a.avif", b"\0\0\0\x1cftypavif" + b"\0" * 40, ("Content-Type", "image/avif")))
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"{HANDLE}/a.txt", NAME)
        self.keep("zip", exchange("a.zip", packed.getvalue(), ("Content-Type", "application/zip")))
        self.keep("gzip file", exchange("a.gz", gzip.compress(NAME.encode()), ("Content-Type", "application/gzip")))
        film = b"\0\0\0\x18ftypmp42" + b"\0" * 64 + NAME.encode("utf-16-be") + b"\0" * 64
        self.keep("film", exchange("a.mp4", film, ("Content-Type", "video/mp4")))
        svg = f"<svg><text>{NAME[:4]}<tspan>{NAME[4:]}</tspan></text></svg>".encode()
        self.keep("svg", exchange("a.svg", svg, ("Content-Type", "image/svg+xml")))
        self.keep("own picture", exchange("own.png", png(), ("Content-Type", "image/png")))
        for key, secret in SECRETS.items():
            self.keep(key, exchange(f"s/{len(self.ids)}", f"<pre>\n{secret}\n</pre>".encode()))
        self.keep("street", exchange("street", b"She lives at 14 Ropewalk  Lane, second floor."))

    def _captures(self) -> None:
        for key, text in (("named", f"A page that names {NAME}."), ("unnamed", "A page that names nobody.")):
            url = f"https://talk.example/{key}"
            page = self.ids[key] = self.warc.record(exchange(key, f"<p>{text}</p>".encode()))
            loaded = json.dumps({"resources": [{"record": page, "sha256": "ab" * 32}]}).encode()
            for kind, mime, body in (
                ("text", "text/plain", text.encode()),
                ("dom", "text/html", text.encode()),
                ("view", "image/png", png()),
                ("pageinfo", "application/json", loaded),
            ):
                made = self.warc.resource(f"urn:{kind}:{url}", mime, body, at=AT, of=page)
                self.ids[f"{key} {kind}"] = made
        self.ids["alone view"] = self.warc.resource("urn:view:https://talk.example/a", "image/png", png(), at=AT)

    def contents(self) -> Contents:
        hidden = {"native_id": "t9001", "handle": HANDLE, "name": NAME, "url": f"https://talk.example/@{HANDLE}"}
        shown = {"url": "https://talk.example/own.png", "kind": "image", "sha256": "cd" * 32, "path": "x", "alt": NAME}
        more = {"platform": "talk.example", "ref": "talk.example:1", "author": hidden, "media": [shown]}
        posts = [post("1", f"I am {NAME.upper()}.", self.ids["named"], **more),
                 post("plain", "The sea wall is finished.", self.ids["plain"], media=[])]  # fmt: skip
        exhibits = []
        for n, row in enumerate(posts, 1):
            made = item(row, n, Known("article.site", records={"answer": row["capture"]}), "copytrail/0")
            held = frozenset({row["capture"], self.ids["named view"]} if n == 1 else {row["capture"]})
            capture = {**CAPTURE, "records": {"view": self.ids["named view"]}} if n == 1 else None
            exhibits.append(Exhibit(n, exhibit_name(n, row["ref"]), made, capture, held, png() if n == 1 else None))
        first = Event(1, "2026-03-01T12:00:00Z", "desk", "opened", "case:wall", None, {}, BEGINNING)
        second = Event(2, "2026-03-01T12:00:01Z", "desk", "redacted", f"file:{HANDLE}.zip", "ef" * 32, {"who": NAME},
                       first.digest)  # fmt: skip
        family = {
            "id": "f1", "size": 2, "members": [p["ref"] for p in posts], "platforms": ["talk.example"],
            "languages": ["en"], "accounts": 2, "first_captured": "2026-03-01T12:00:00Z", "matchers": ["text.exact"],
        }  # fmt: skip
        account = {"ref": "talk.example:t9001", "platform": "talk.example", "site": None, **hidden, "posts": 1}
        return Contents(
            case="wall", created=AT, software="copytrail/0.1.0", posts=posts, families=[family], exhibits=exhibits,
            accounts=[account], records=frozenset(self.ids.values()), files=self.files,
            custody=[first.as_row(), second.as_row()],
        )  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def bundle(world: World, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Public]:
    public = redactor()
    out = tmp_path_factory.mktemp("out") / "wall-public.zip"
    write(world.contents(), out, Means(identity=IDENTITY, redactor=public, original="12" * 32))
    return out, public


def everything(data: bytes, where: str = "") -> Iterator[tuple[str, bytes]]:
    """Yield every file of a bundle, unpacked by this test's own means: zips, gzip members, records, text chunks."""
    yield where, data
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for info in archive.infolist():
                yield f"{where}/{info.filename} (name)", info.filename.encode() + info.comment
                yield from everything(archive.read(info), f"{where}/{info.filename}")
    elif data[:2] == b"\x1f\x8b":
        rest = data
        while rest:
            reader = zlib.decompressobj(31)
            one = reader.decompress(rest)
            rest = reader.unused_data
            yield f"{where} (record)", one
            body = one.split(b"\r\n\r\n", 2)[-1].rstrip(b"\r\n")
            if body[:2] in (b"PK", b"\x1f\x8b"):
                yield from everything(body, f"{where} (body)")


def needles() -> dict[bytes, str]:
    found = {}
    for who in EVERYBODY:
        for form, make in FORMS.items():
            if form != "split by tags":
                found[make(who).encode()] = f"{who} {form}"
        for codec in ("utf-16-le", "utf-16-be", *CHARSETS.get(who, ())):
            found[who.encode(codec, "ignore")] = f"{who} {codec}"
    return {n: w for n, w in found.items() if len(n) > 6} | {s.encode(): k for k, s in SECRETS.items()}


def test_no_byte_of_the_public_edition_holds_a_name_or_a_secret(bundle: tuple[Path, Public]) -> None:
    wanted = needles()
    for where, data in everything(bundle[0].read_bytes()):
        low = unicodedata.normalize("NFC", data.decode("utf-8", "replace")).casefold()
        for who in EVERYBODY:
            assert who.casefold() not in low, where
        for needle, what in wanted.items():
            assert needle not in data, (where, what)


def test_the_final_scan_finds_nothing_and_the_edition_still_verifies(bundle: tuple[Path, Public]) -> None:
    path, public = bundle
    assert search(path, public.hider, strict=True) == []
    assert [c for c in verify(path) if c.result == "failed"] == []


def records(path: Path) -> dict[str, tuple[dict[str, str], bytes]]:
    found = {}
    with zipfile.ZipFile(path) as outer:
        inner = next(n for n in outer.namelist() if n.endswith("case.wacz"))
        with zipfile.ZipFile(io.BytesIO(outer.read(inner))) as wacz:
            raw = wacz.read("archive/000001.warc.gz")
    for record in members(io.BytesIO(raw)):
        found[record.id] = (record.headers, gzip.decompress(raw[record.offset : record.offset + record.length]))
    return found


def test_records_that_say_nothing_of_anybody_are_copied_byte_for_byte(
    world: World, bundle: tuple[Path, Public]
) -> None:
    there = records(bundle[0])
    original = {}
    for path in world.files:
        raw = path.read_bytes()
        for r in members(io.BytesIO(raw)):
            original[r.id] = gzip.decompress(raw[r.offset : r.offset + r.length])
    for key in ("plain", "bare picture", "unnamed", "unnamed view", "unnamed text"):
        assert there[world.ids[key]][1] == original[world.ids[key]], key


def test_a_record_written_anew_has_a_new_id_and_tells_what_was_done(world: World, bundle: tuple[Path, Public]) -> None:
    path, public = bundle
    there = records(path)
    old = world.ids["telltale"]
    assert old not in there
    assert public.id(old) in there
    headers, data = there[public.id(old)]
    label = public.cast.persons[0].label
    assert headers["copytrail-redacted"] == f"{label}:1"
    assert label.encode() in data
    assert b"ETag" not in data
    assert b"Content-MD5" not in data
    assert not any(old in json.dumps(headers) for headers, _ in there.values())


def test_the_pictures_of_a_page_go_where_its_words_name_somebody(world: World, bundle: tuple[Path, Public]) -> None:
    path, public = bundle
    there = records(path)
    for key in ("named view", "alone view", "own picture", "avif", "zip", "gzip file", "film"):
        headers, _ = there[public.id(world.ids[key])]
        assert "withheld:1" in headers["copytrail-redacted"], key
    assert "copytrail-redacted" not in there[world.ids["unnamed view"]][0]


def test_a_capture_does_not_say_from_where_and_on_what_machine_we_looked(bundle: tuple[Path, Public]) -> None:
    told = [json.loads(data) for where, data in everything(bundle[0].read_bytes()) if where.endswith("/capture.json")]
    assert told
    for capture in told:
        assert capture["route"] is None
        assert "public edition" in capture["missing"]["route"]
        assert capture.get("system") is None
        assert capture["outcome"] == "ok"


def test_a_photo_loses_what_it_says_and_keeps_its_pixels(world: World, bundle: tuple[Path, Public]) -> None:
    path, public = bundle
    headers, data = records(path)[public.id(world.ids["photo"])]
    assert "metadata:1" in headers["copytrail-redacted"]
    picture = Image.open(io.BytesIO(data.split(b"\r\n\r\n", 2)[2].removesuffix(b"\r\n\r\n")))
    assert dict(picture.getexif()) == {0x112: 6}
    assert picture.tobytes() == Image.open(io.BytesIO(jpeg())).tobytes()


def test_the_log_is_chained_anew_and_digests_of_originals_are_not_told(bundle: tuple[Path, Public]) -> None:
    with zipfile.ZipFile(bundle[0]) as outer:
        names = {n.split("/", 1)[1]: n for n in outer.namelist()}
        log = json.loads(outer.read(names["data/custody.json"]))["events"]
        told = json.loads(outer.read(names["data/redactions.json"]))
        statement = json.loads(outer.read(names["seal/statement.json"]))
        posts = outer.read(names["data/tables/posts.csv"]).decode()
    assert list(flaws(log)) == []
    assert statement["original"] == "12" * 32
    assert statement["edition"] == "public"
    assert "cdcdcd" not in posts
    assert {"kind": "string", "why": "an address", "times": 1}.items() <= next(
        r for r in told["rules"] if r["rule"].startswith("hidden-")
    ).items()
    assert any(rule["why"] and rule["why"].endswith(" is a bystander") for rule in told["rules"])


def test_pseudonyms_are_the_same_in_the_next_bundle_and_others_in_another_case() -> None:
    assert [p.label for p in cast().persons] == [p.label for p in cast().persons]
    assert {p.label for p in cast().persons}.isdisjoint(p.label for p in cast("other").persons)


def test_the_same_case_exported_twice_holds_the_same_records(
    world: World, bundle: tuple[Path, Public], tmp_path: Path
) -> None:
    again = tmp_path / "wall-public.zip"
    write(world.contents(), again, Means(identity=IDENTITY, redactor=redactor(), original="12" * 32))
    assert records(bundle[0]) == records(again)


@pytest.mark.parametrize("form", sorted(FORMS))
def test_the_final_scan_refuses_a_secret_of_ours_in_any_form(form: str, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("bundle/data/a.json", json.dumps({"note": "nothing"}))
        archive.writestr("bundle/data/b.warc.gz", gzip.compress(f"x {FORMS[form](OURS)} y".encode()))
    found = search(path, hider({"REDDIT_CLIENT_SECRET": OURS}))
    assert [one.file for one in found] == ["a.zip/bundle/data/b.warc.gz"]
    assert OURS not in found[0].sentence
    assert "REDDIT_CLIENT_SECRET" in found[0].sentence


@pytest.mark.parametrize("place", ["name", "comment", "zip comment", "extra", "zip in zip", "png", "jpeg", "pdf"])
def test_the_final_scan_looks_into_every_corner(place: str, tmp_path: Path) -> None:
    path, info = tmp_path / "a.zip", zipfile.ZipInfo("b/a.txt" if place != "name" else f"b/{HANDLE}.txt")
    data: bytes = b"nothing"
    if place == "comment":
        info.comment = NAME.encode()
    elif place == "extra":
        info.extra = b"\x99\x99" + len(NAME).to_bytes(2, "little") + NAME.encode()
    elif place == "zip in zip":
        inner = io.BytesIO()
        with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("x.txt", NAME)
        data = inner.getvalue()
    elif place in ("png", "jpeg"):
        data = png(NAME) if place == "png" else jpeg()
    elif place == "pdf":
        data = pdf(NAME)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(info, data)
        archive.comment = NAME.encode() if place == "zip comment" else b""
    made = cast()
    assert search(path, Hider(made.targets()), strict=True)


def pdf(text: str) -> bytes:
    """Return a PDF that shows a text."""
    stream = zlib.compress(f"BT /F1 12 Tf 20 100 Td ({text[:5]}) Tj ({text[5:]}) Tj ET".encode())
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d/Filter/FlateDecode>>\nstream\n" % len(stream) + stream + b"\nendstream",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]  # fmt: skip
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, part in enumerate(parts, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + part + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % at for at in places)
    return bytes(out + b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % start)


def test_a_pdf_is_withheld_for_what_its_pages_say() -> None:
    public = redactor()
    assert public.binary("application/pdf", pdf("nobody at all")) is not None
    assert public.binary("application/pdf", pdf(NAME)) is None
    assert public.binary("application/pdf", b"%PDF-1.4 and then nothing") is None


def test_a_broken_bundle_is_told_and_not_passed(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(b"PK\x03\x04 and then nothing")
    with pytest.raises(BadInput, match="cannot be read again"):
        search(path, Hider([]), strict=True)


def test_a_bundle_of_nobody_hidden_changes_only_pictures_and_secrets(world: World, tmp_path: Path) -> None:
    nobody = Public(Cast(Names(b"s" * 32, "wall")), Hider([], (), KINDS))
    contents = dataclasses.replace(world.contents(), exhibits=[])
    made = nobody.contents(contents)
    assert list(made.posts) == list(contents.posts)
    assert list(made.custody) == list(contents.custody)


def test_kept_files_go_in_bare_and_under_ids_that_tell_nothing(tmp_path: Path) -> None:
    world = World(tmp_path)
    photo = jpeg()
    (tmp_path / "photo").write_bytes(photo)
    sha = hashlib.sha256(photo).hexdigest()
    kept = Kept(
        sha, f"https://talk.example/{HANDLE}/kept.jpg", "image/jpeg", "2026-03-01T12:00:00Z", tmp_path / "photo"
    )
    row = {"ref": "talk.example:2", "url": kept.url, "sha256": sha, "path": f"blobs/{sha}", "bytes": len(photo)}
    contents = dataclasses.replace(world.contents(), exhibits=[], kept=[kept], media=[row])
    public, out = redactor(), tmp_path / "p.zip"
    write(contents, out, Means(identity=IDENTITY, redactor=public))
    assert search(out, public.hider, strict=True) == []
    assert [c for c in verify(out) if c.result == "failed"] == []
    for where, data in everything(out.read_bytes()):
        assert sha.encode() not in data, where
