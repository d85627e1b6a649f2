"""Write a WARC record anew for the public edition: header, HTTP head and body redacted, digests of its own."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from evidence.hiding import Hider
from evidence.layers import Unreadable, unpacked
from evidence.payloads import NOTICE, WITHHELD, placeholder, public

_END = b"\r\n\r\n"
_TELLTALE = frozenset(
    {
        "etag",
        "content-md5",
        "digest",
        "repr-digest",
        "content-digest",
        "x-goog-hash",
        "x-amz-meta-md5",
        "x-checksum",
        "x-archive-orig-content-length",
        "x-archive-orig-content-md5",
        "x-archive-orig-etag",
    }
)  # fmt: skip - headers that would tell a reader whether a guess at the body is right
_COMPUTED = frozenset({
    "warc-block-digest", "warc-payload-digest", "content-length", "copytrail-redacted", "warc-record-id",
})  # fmt: skip
_TEXT = "text/plain; charset=utf-8"
_TYPE = re.compile(r"^content-type:[^\r\n]*", re.I | re.M)
_COUNT = re.compile(r"([\w.-]+):(\d+)")
MAX_RECORD_HELD = 512 * 10**6  # bytes of a record that is held to be searched; a larger one is withheld


@dataclass
class Parts:
    """A record taken apart; `fields` are the lines of its header, `http` the head of the message it holds."""

    version: str
    fields: list[tuple[str, str]]
    http: str | None
    body: bytes

    def get(self, name: str) -> str:
        """Return a field of the header, empty where it is not there."""
        return next((value for key, value in self.fields if key.lower() == name), "")

    @property
    def id(self) -> str:
        """The id of the record, without brackets."""
        return self.get("warc-record-id").strip("<>")

    def http_header(self, name: str) -> str:
        """Return a header of the HTTP message, empty where it is not there."""
        found = re.search(rf"^{re.escape(name)}:[ \t]*(.*?)[ \t]*$", self.http or "", re.I | re.M)
        return found[1] if found else ""


def unpack(raw: bytes, limit: int, *, cut: bool = False) -> bytes:
    """Return a record from its gzip member; raise Unreadable where it is damaged, or (unless `cut`) over `limit`."""
    reader = zlib.decompressobj(31)
    try:
        data = reader.decompress(raw, limit + 1)
    except zlib.error as error:
        raise Unreadable(f"a record is damaged: {error}") from error
    if not cut and (len(data) > limit or not reader.eof):
        raise Unreadable(f"a record is larger than {limit} bytes")
    return data


def parts(data: bytes) -> Parts:
    """Take an unpacked record apart; raise Unreadable where it is none."""
    head, found, rest = data.partition(_END)
    if not found or not head.startswith(b"WARC/"):
        raise Unreadable("a record has no header")
    first, *lines = head.decode("utf-8", "surrogateescape").split("\r\n")
    fields = [(n.strip(), v.strip()) for n, colon, v in (line.partition(":") for line in lines) if colon]
    body = rest.removesuffix(_END)
    content = next((v for n, v in fields if n.lower() == "content-type"), "")
    if "msgtype=" not in content:
        return Parts(first, fields, None, body)
    http, _, body = body.partition(_END)
    return Parts(first, fields, http.decode("latin-1"), body)


def joined(made: Parts) -> bytes:
    """Return parts as an unpacked record."""
    head = made.version + "\r\n" + "".join(f"{n}: {v}\r\n" for n, v in made.fields)
    block = made.body if made.http is None else made.http.encode("latin-1", "replace") + _END + made.body
    return head.encode("utf-8", "surrogateescape") + b"\r\n" + block + _END


@dataclass
class Rewriter:
    """Rewrites records; `renamed` gives the new form of ids and names in a text, `withheld` are ids to be emptied."""

    hider: Hider
    renamed: Callable[[str], str]
    withheld: frozenset[str] | set[str] = frozenset()
    leaves: frozenset[str] | set[str] = frozenset()  # of certificates that are not to be named

    def rewrite(self, data: bytes) -> tuple[Parts | None, Counter[str], bool]:
        """Return the new parts (None where nothing changes), counts by rule, and whether something to hide stood in it.

        The new parts have no computed fields yet; `packed` adds them.
        """
        old = parts(data)
        counts: Counter[str] = Counter()
        body, hit = self._body(old, counts)
        touched = body is not old.body
        fields = [(n, self._line(v, counts)) for n, v in old.fields if v not in self.leaves]
        http = None if old.http is None else self._http(old.http, counts, touched)
        if http is not None and touched:
            http = _with_length(http, len(body))
        if body == NOTICE:  # a sentence stands there now, whatever stood there before
            fields = [(n, _TEXT if n.lower() == "content-type" and http is None else v) for n, v in fields]
            http = None if http is None else _TYPE.sub(f"Content-Type: {_TEXT}", http)
        if not touched and fields == old.fields and http == old.http:
            return None, counts, False
        hit = hit or bool(counts.keys() - {"metadata", WITHHELD})
        return Parts(old.version, fields, http, body), counts, hit

    def _body(self, old: Parts, counts: Counter[str]) -> tuple[bytes, bool]:
        mime = old.http_header("content-type") if old.http is not None else old.get("content-type")
        if old.id in self.withheld:
            counts[WITHHELD] += 1
            return placeholder(mime), False
        encoding = old.http_header("content-encoding")
        body = old.body
        try:
            if "chunked" in old.http_header("transfer-encoding").lower():
                body = _unchunked(body)
            if encoding:
                body = unpacked(body, encoding, old.get("warc-target-uri"))
        except Unreadable:
            counts[WITHHELD] += 1
            return placeholder(mime), False
        made = public(body, mime, self.hider)
        counts.update(made.counts)
        if made.data is None:
            return placeholder(mime), made.hit
        if made.data is not body or self.renamed_in(body, mime):
            text = made.data
            return self._renamed_body(text, mime), made.hit
        return old.body, made.hit

    def renamed_in(self, body: bytes, mime: str) -> bool:
        """Return whether a body of ours (what a page loaded) names records by their ids."""
        return "json" in mime and len(body) < 10**7 and self._renamed_body(body, mime) != body

    def _renamed_body(self, body: bytes, mime: str) -> bytes:
        if "json" not in mime or b"urn:uuid:" not in body:
            return body
        return self.renamed(body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")

    def _line(self, value: str, counts: Counter[str]) -> str:
        try:
            hidden, more = self.hider.hide(value)
        except ValueError:
            hidden, more = "withheld", Counter({WITHHELD: 1})
        counts.update(more)
        return self.renamed(hidden)

    def _http(self, http: str, counts: Counter[str], touched: bool) -> str:
        lines = http.split("\r\n")
        kept = [line for line in lines if not (touched and line.partition(":")[0].strip().lower() in _TELLTALE)]
        text = "\r\n".join(kept)
        if text.isascii():
            return self._line(text, counts)
        out = "\r\n".join(self._line(_utf8(line), counts) for line in kept)
        return out.encode("utf-8", "surrogateescape").decode("latin-1")


def packed(new: Parts, record_id: str, told: Counter[str]) -> bytes:
    """Return new parts as a packed record with id, counts, digests and length."""
    block = new.body if new.http is None else new.http.encode("latin-1", "replace") + _END + new.body
    before = Counter({rule: int(n) for rule, n in _COUNT.findall(new.get("copytrail-redacted"))})
    said = " ".join(f"{rule}:{n}" for rule, n in sorted((before + told).items())) or "reference:1"
    fields = [(n, v) for n, v in new.fields if n.lower() not in _COMPUTED]
    fields.insert(1, ("WARC-Record-ID", f"<{record_id}>"))
    fields += [("Copytrail-Redacted", said), ("WARC-Block-Digest", f"sha256:{sha256(block).hexdigest()}")]
    if new.http is not None:
        fields.append(("WARC-Payload-Digest", f"sha256:{sha256(new.body).hexdigest()}"))
    fields.append(("Content-Length", str(len(block))))
    head = new.version + "\r\n" + "".join(f"{n}: {v}\r\n" for n, v in fields) + "\r\n"
    return zlib.compress(head.encode("utf-8", "surrogateescape") + block + _END, 6, wbits=31)


def _with_length(http: str, length: int) -> str:
    """Return the head of a message whose body is no longer packed, and has another length."""
    out: list[str] = []
    for line in http.split("\r\n"):
        name = line.partition(":")[0].strip().lower()
        if name in ("content-encoding", "transfer-encoding"):
            out.append(f"X-Archive-Orig-{line}")
        elif name != "content-length":
            out.append(line)
    return "\r\n".join([*out, f"Content-Length: {length}"])


def _utf8(line: str) -> str:
    return line.encode("latin-1").decode("utf-8", "surrogateescape")


def _unchunked(body: bytes) -> bytes:
    """Return a body with its chunks joined; as it is where it is not in chunks."""
    out: list[bytes] = []
    at = 0
    while (end := body.find(b"\r\n", at)) >= 0:
        try:
            size = int(body[at:end].split(b";")[0], 16)
        except ValueError:
            return body
        if size == 0:
            return b"".join(out)
        out.append(body[end + 2 : end + 2 + size])
        at = end + 2 + size + 2
    return body if not out else b"".join(out)
