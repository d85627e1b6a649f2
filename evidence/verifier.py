#!/usr/bin/env python3
"""Check this bundle without the program that made it: Python 3.8 or later is enough, nothing is installed or fetched.

    python3 verify.py                 checks the folder this file lies in
    python3 verify.py BUNDLE          checks another folder, a .zip or a .wacz
    python3 verify.py --roots r.pem   trusts these certificates of time-stamp authorities (got by another way)
    python3 verify.py --signer HEX    fails unless this key signed (the fingerprint that reached you by another way)

Every line begins with one of four words. proved: computed here, and it fits. claimed: the bundle says so, nothing here
can confirm it. not_checked: not looked at, and why. failed: something was changed, or is wrong. The exit status is 0
where nothing failed, 1 where something did, 2 where there is no bundle.

What it cannot show: that a site really sent what was recorded (a time stamp shows only that the bytes existed), and who
holds the key that signed. Compare the fingerprint with the one the newsroom gives you by telephone or on its site.
"""

import base64, hashlib, json, os, re, shutil, subprocess, sys, tempfile, zipfile, zlib  # noqa: E401 - one short list
from datetime import datetime, timedelta

RESULTS, KNOWN = [], {}
MAX_UNPACKED = 10**10  # bytes that one archive may unpack to
SKEW = timedelta(minutes=10)  # what a clock may be off


class Wrong(Exception):
    """Something that does not fit; the words say what, and name the file."""


def say(result, check, detail, where=""):
    RESULTS.append(result)
    print("".join(c if c.isprintable() else "?" for c in "%-12s%s%s: %s" % (result, where and where + " ", check, detail)))


def check(name, fine, look, where=""):
    """Run one check: `look` yields what is wrong."""
    try:
        wrong = list(look())
    except Wrong as error:
        wrong = [str(error)]
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError, RecursionError, OSError, zlib.error,
            zipfile.BadZipFile, EOFError, RuntimeError) as error:  # fmt: skip
        wrong = ["what is read here has another shape than ours (%s: %s)" % (type(error).__name__, error)]
    for one in wrong[:5]:
        say("failed", name, one, where)
    if not wrong and fine:
        say("proved", name, fine, where)
    return not wrong


# ---- reading: folders, zips, zips stored in zips; nothing is unpacked to disk


class Part:
    """Some bytes of a file, read as a file."""

    def __init__(self, path, start=0, size=None):
        self.path, self.start, self.at = path, start, 0
        self.size = os.path.getsize(path) - start if size is None else size

    def read(self, size=-1):
        left = max(self.size - self.at, 0)
        with open(self.path, "rb") as file:
            file.seek(self.start + self.at)
            data = file.read(left if size is None or size < 0 else min(size, left))
        self.at += len(data)
        return data

    def seek(self, offset, whence=0):
        self.at = max((0, self.at, self.size)[whence] + offset, 0)
        return self.at

    def tell(self):
        return self.at

    def seekable(self):
        return True


class Folder:
    """The files of an unzipped bundle."""

    def __init__(self, path):
        self.path, self.places = path, {}
        for folder, inner, names in os.walk(path):
            for name in inner + names:
                whole = os.path.join(folder, name)
                short = os.path.relpath(whole, path).replace(os.sep, "/")
                if os.path.islink(whole):
                    raise Wrong("%s is a link to elsewhere" % short)
                if name in names:
                    self.places[short] = (whole, 0, os.path.getsize(whole))

    def open(self, name):
        if name not in self.places:
            raise Wrong("%s is missing" % name)
        return Part(*self.places[name])

    def read(self, name, limit=256 * 10**6):
        data = self.open(name).read(limit + 1)
        if len(data) > limit:
            raise Wrong("%s is too large" % name)
        return data

    def sha256(self, name):
        return hashed(self.open(name))


class Zip(Folder):
    """The files of a zip of ours: stored, one after the other, nothing between them."""

    def __init__(self, path, start=0, size=None, inside=""):
        self.path, self.places = path, {}
        file = Part(path, start, size)
        with zipfile.ZipFile(file) as archive:
            infos, begins, comment = archive.infolist(), archive.start_dir, archive.comment
        file.seek(-14, 2)
        if file.read(4) != 2 * min(len(infos), 0xFFFF).to_bytes(2, "little"):
            raise Wrong("the directory of the zip holds more or fewer files than its end says")
        reached, length = 0, 0
        for info in sorted(infos, key=lambda i: i.header_offset):
            name, at = info.filename, info.header_offset
            file.seek(at)
            head = file.read(30)
            named, more = int.from_bytes(head[26:28], "little"), int.from_bytes(head[28:30], "little")
            data = at + 30 + named + more
            stated = (head[14:18], head[8:10])
            if head[:4] != b"PK\3\4" or file.read(named) != name.encode() or head[6:8] not in (b"\0\0", b"\0\x08"):
                raise Wrong("%s is not what the directory of the zip names" % name)
            if stated != (info.CRC.to_bytes(4, "little"), b"\0\0") or info.compress_type or more not in (0, 20):
                raise Wrong("%s is packed, or has two headers that differ" % name)
            if not more and head[18:26] != info.file_size.to_bytes(4, "little") * 2:
                raise Wrong("%s states two sizes" % name)
            if head[10:14] != b"\0\0!\0" or info.date_time != (1980, 1, 1, 0, 0, 0) or info.flag_bits & ~0x800:
                raise Wrong("%s has a header that we do not write" % name)
            if info.external_attr != 0o644 << 16 or info.comment or info.create_system != 3 or info.internal_attr:
                raise Wrong("%s has a header that we do not write" % name)
            if at != reached:
                raise Wrong("bytes lie between the files of the zip, before %s, or files overlap" % name)
            if ".." in name.split("/") or name.startswith("/") or "\\" in name or ":" in name or not name.isprintable():
                raise Wrong("the zip holds a name that leads out of its folder or hides something: %r" % name)
            short = name[len(inside):] if name.startswith(inside) else "../" + name
            if short.lower() in (n.lower() for n in self.places):
                raise Wrong("the zip holds two files of the name %s" % name)
            self.places[short] = (path, start + data, info.file_size)
            reached, length = data + info.file_size, length + 46 + named + len(info.extra)
        end = reached + length + (22 if len(infos) < 65_535 and reached + length < 2**32 else 98)
        if begins != reached or end != file.size or comment:
            raise Wrong("bytes lie before, behind or between the files of the zip")


def hashed(file):
    found = hashlib.sha256()
    while True:
        data = file.read(1 << 20)
        if not data:
            return found.hexdigest()
        found.update(data)


def sha(data):
    return hashlib.sha256(data).hexdigest()


def canonical(value):
    return (json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n").encode()


def loads(data, name):
    """Read JSON of ours: written in one form only, so that nothing can be read in two ways."""
    value = json.loads(data.decode("utf-8"))
    if canonical(value) != data:
        raise Wrong("%s is not written in canonical form: it was changed after it was made" % name)
    return value


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


# ---- the tree of RFC 6962, and the custody log


def climb(leaf, index, count, path):
    """Return the root that a leaf and its path lead to."""
    if not 0 <= index < count:
        raise Wrong("place %s is not among %s" % (index, count))
    node, left = hashlib.sha256(b"\0" + leaf).digest(), list(path)
    while count > 1:
        if index ^ 1 < count:
            other = bytes.fromhex(left.pop(0)) if left else b""
            node = hashlib.sha256(b"\1" + (other + node if index & 1 else node + other)).digest()
        index, count = index // 2, (count + 1) // 2
    return node.hex() if not left else ""


def chain(log, case, head, name):
    """Yield what is wrong with a custody log: each entry holds the digest of the one before it."""
    if sorted(log) != ["case", "events", "v"] or log["case"] != case:
        raise Wrong("%s is the log of another case" % name)
    prev, at = "0" * 64, None
    for n, event in enumerate(log["events"], 1):
        if sorted(event) != ["actor", "at", "event", "note", "object", "prev", "seq", "sha256"]:
            raise Wrong("%s: entry %d has another form than an entry has" % (name, n))
        if event["seq"] != n or event["prev"] != prev:
            raise Wrong("%s: entry %d does not follow the one before it: an entry was changed, added or removed" % (name, n))
        if at and moment(event["at"]) < at:
            raise Wrong("%s: entry %d is dated before the entry it follows" % (name, n))
        prev, at = sha(canonical(event)), moment(event["at"])
    if head and (head["seq"], head["digest"]) != (len(log["events"]), prev):
        yield "%s does not end with the entry that is named as its last: it was written anew, or cut" % name
    entry = head and head.get("sealed")
    if entry and entry["digest"] not in [sha(canonical(e)) for e in log["events"] if e["seq"] == entry["seq"]]:
        yield "%s does not hold the entry that was sealed: it was written anew" % name


# ---- signatures: Ed25519 (RFC 8032, 5.1.7) and ECDSA on P-384 (FIPS 186-5, 6.4.2), in plain arithmetic

P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def recovered(data):
    """Return the point that 32 bytes stand for."""
    y, sign = int.from_bytes(data, "little") & (1 << 255) - 1, data[31] >> 7
    if y >= P:
        raise Wrong("the key or signature is no point of the curve")
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (not x and sign):
        raise Wrong("the key or signature is no point of the curve")
    return (x if x & 1 == sign else P - x), y


def added(a, b):
    (x1, y1), (x2, y2) = a, b
    t = D * x1 * x2 * y1 * y2 % P
    return (x1 * y2 + x2 * y1) * pow(1 + t, -1, P) % P, (y1 * y2 + x1 * x2) * pow(1 - t, -1, P) % P


def times(n, point, add, zero):
    result = zero
    while n:
        if n & 1:
            result = add(result, point)
        point, n = add(point, point), n >> 1
    return result


def ed25519(key, data, signature):
    """Return whether a signature (64 bytes) over data is by a key (32 bytes)."""
    s = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or s >= L:
        return False
    r, a = recovered(signature[:32]), recovered(key)
    y = 4 * pow(5, P - 2, P) % P
    base = recovered(y.to_bytes(32, "little"))
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + data).digest(), "little") % L
    return times(s, base, added, (0, 1)) == added(r, times(h, a, added, (0, 1)))


Q = 2**384 - 2**128 - 2**96 + 2**32 - 1
N = int("ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973", 16)
B = int("b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef", 16)
G = (int("aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7", 16),
     int("3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f", 16))  # fmt: skip


def joined(a, b):
    """Add two points of P-384; None is the point at infinity."""
    if a is None or b is None:
        return a or b
    (x1, y1), (x2, y2) = a, b
    if x1 == x2 and (y1 + y2) % Q == 0:
        return None
    slope = (3 * x1 * x1 - 3) * pow(2 * y1, -1, Q) if a == b else (y2 - y1) * pow(x2 - x1, -1, Q)
    x = (slope * slope - x1 - x2) % Q
    return x, (slope * (x1 - x) - y1) % Q


def p384(key, data, signature):
    """Return whether a signature (r and s, 48 bytes each) over data is by a key (x and y)."""
    x, y, r, s = (int.from_bytes(b, "big") for b in (key[:48], key[48:], signature[:48], signature[48:]))
    if len(signature) != 96 or (y * y - x**3 + 3 * x - B) % Q or not (0 < r < N and 0 < s <= N // 2):
        return False
    z, w = int.from_bytes(hashlib.sha256(data).digest(), "big"), pow(s, -1, N)
    point = joined(times(z * w % N, G, joined, None), times(r * w % N, (x, y), joined, None))
    return point is not None and point[0] % N == r


def raw(text, prefix):
    """Return the bytes of a public key, which stands as base64 of SPKI DER."""
    data = base64.b64decode(text, validate=True)
    if not data.startswith(bytes.fromhex(prefix)):
        raise Wrong("a public key is of another kind than we use")
    return data[len(prefix) // 2 :]


def signer_of(row):
    """Check that the two keys of signer.json are bound; return fingerprint, Ed25519 key and P-384 key."""
    if canonical(row) in KNOWN:
        return KNOWN[canonical(row)]
    ed, p = raw(row["ed25519"], "302a300506032b6570032100"), raw(row["p384"], "3076301006072a8648ce3d020106052b8104002203620004")
    if row["fingerprint"] != sha(base64.b64decode(row["ed25519"])):
        raise Wrong("signer: the fingerprint is not that of the key")
    bound = canonical({k: v for k, v in row.items() if k != "bound"})
    if not ed25519(ed, bound, base64.b64decode(row["bound"])):
        raise Wrong("signer: the two keys are not bound to each other, or the name was changed")
    KNOWN[canonical(row)] = row["fingerprint"], ed, p
    return KNOWN[canonical(row)]


# ---- time stamps, through openssl where it is installed


def stamp(token, data, pem, roots, name, where):
    """Check a token over data; return its time where it holds."""
    openssl = shutil.which("openssl")
    if not openssl:
        return say("not_checked", "time stamp", "%s: openssl is not installed here" % name, where)
    if not roots and not pem:
        return say("not_checked", "time stamp", "%s: no certificates to check it with; use --roots" % name, where)
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, n) for n in ("data", "token", "roots")]
        for path, content in zip(paths, (data, token, Part(roots).read() if roots else pem)):
            with open(path, "wb") as file:
                file.write(content)
        text = subprocess.run([openssl, "ts", "-reply", "-in", paths[1], "-text"], capture_output=True).stdout.decode()
        told = re.search(r"^Time stamp: (.*) GMT$", text, re.M)
        if not told:
            return say("failed", "time stamp", "%s is no time stamp" % name, where)
        at = datetime.strptime(re.sub(r"\.\d+", "", told[1]) + " +0000", "%b %d %H:%M:%S %Y %z")
        command = [openssl, "ts", "-verify", "-data", paths[0], "-in", paths[1], "-CAfile", paths[2],
                   "-untrusted", paths[2], "-attime", str(int(at.timestamp()))]  # fmt: skip
        done = subprocess.run(command, capture_output=True)
    if done.returncode:
        return say("failed", "time stamp", "%s does not hold: it is over other data, or of another authority" % name, where)
    word, why = ("proved", "") if roots else ("claimed", ", by certificates that came with the bundle (see --roots)")
    say(word, "time stamp", "%s: it existed at %s%s" % (name, at.isoformat(), why), where)
    return at


# ---- WARC records


def records(file, name):
    """Yield (place, header fields, HTTP head, digest of the whole record, payload digest), digests checked on the way."""
    data, place, total = b"", 0, 0
    while data or file.at < file.size:
        unpack, used, whole, buffer = zlib.decompressobj(31), 0, hashlib.sha256(), b""
        fields, block, payload, head, left, tail = None, hashlib.sha256(), hashlib.sha256(), None, 0, b""
        while not unpack.eof:
            data = data or file.read(1 << 16)
            out = unpack.decompress(data, 1 << 20)
            if not out and not data:
                raise Wrong("%s ends inside the record at byte %d" % (name, place))
            used += len(data) - len(unpack.unconsumed_tail) - len(unpack.unused_data)
            data, total = unpack.unconsumed_tail, total + len(out)
            whole.update(out)
            if total > MAX_UNPACKED:
                raise Wrong("%s unpacks to more than is read: it may be a bomb" % name)
            buffer += out
            if fields is None:
                top, found, rest = buffer.partition(b"\r\n\r\n")
                if not found:
                    if len(buffer) > 1 << 16:
                        raise Wrong("%s: what stands at byte %d is no WARC record" % (name, place))
                    continue
                lines = [line.partition(":") for line in top.decode("utf-8", "replace").split("\r\n")]
                fields = {k.strip().lower(): v.strip() for k, _, v in lines[1:]}
                twice = [k for k in ("content-length", "warc-type", "warc-record-id") if
                         sum(line[0].strip().lower() == k for line in lines) != 1]  # fmt: skip
                if lines[0][0] not in ("WARC/1.0", "WARC/1.1") or twice or re.search(rb"(?<!\r)\n|\r(?!\n)", top):
                    raise Wrong("%s: %s can be read in two ways" % (name, fields.get("warc-record-id", place).strip("<>")))
                left, buffer = int(fields["content-length"]), rest
                head = None if "msgtype=" in fields.get("content-type", "") else b""
            part, tail = buffer[:left], tail + buffer[left : left + 9]
            buffer = buffer[len(part) :] if head is None else b""
            if head is None:  # the HTTP head ends with an empty line; the payload is what follows
                top, found, rest = part.partition(b"\r\n\r\n")
                if not found and len(part) < left and len(part) < 1 << 16:
                    buffer, tail = part, b""
                    continue
                head, buffer = top, b""
                payload.update(rest)
            else:
                payload.update(part)
            block.update(part)
            left -= len(part)
        data = unpack.unused_data
        record = fields["warc-record-id"].strip("<>") if fields else "the record at byte %d" % place
        if fields is None or left or tail != b"\r\n\r\n":
            raise Wrong("%s: %s does not end where it states" % (name, record))
        for stated, found in (("warc-block-digest", block), ("warc-payload-digest", payload)):
            value = fields.get(stated, "" if stated == "warc-block-digest" else "sha256:" + found.hexdigest())
            if value != "sha256:" + found.hexdigest() and (fields["warc-type"], stated) != ("revisit", "warc-payload-digest"):
                raise Wrong("%s: %s of %s does not fit, or is not there" % (name, stated, record))
        yield place, fields, head, whole.hexdigest(), payload.hexdigest()
        place += used


# ---- one WACZ: an exhibit, or the whole case


def wacz(files, where, options):
    """Check one WACZ; return what the bundle around it must agree with."""
    told, found, manifest, seals, dates = {}, {}, {}, {}, {}
    names = set(files.places)

    def lists():
        data = files.read("datapackage.json")
        package, last = loads(data, "datapackage.json"), loads(files.read("datapackage-digest.json"), "datapackage-digest.json")
        manifest.update(loads(files.read("evidence/manifest.json"), "evidence/manifest.json"))
        told.update(package=package, last=last)
        if last["hash"] != "sha256:" + sha(data) or last["path"] != "datapackage.json" or set(last) - {
                "path", "hash", "signedData", "timestamps"}:  # fmt: skip
            yield "datapackage-digest.json does not fit datapackage.json: one of them was changed"
        rows = {r["path"]: r for r in package["resources"]}
        own = {r["path"]: r for r in manifest["files"]}
        for name in sorted(names | set(rows)):
            if name in ("datapackage.json", "datapackage-digest.json"):
                continue
            if name not in names or name not in rows:
                yield "%s is %s" % (name, "missing" if name in rows else "not listed")
                continue
            digest, size = files.sha256(name), files.places[name][2]
            if (rows[name]["hash"], rows[name]["bytes"]) != ("sha256:" + digest, size):
                yield "%s is not the file that was listed (its SHA-256 differs)" % name
            if name != "evidence/manifest.json" and (own[name]["sha256"], own[name]["bytes"]) != (digest, size):
                yield "%s is not the file that evidence/manifest.json names" % name
        for one in ("evidence/custody.json", "evidence/signer.json", "indexes/index.cdx.gz", "pages/pages.jsonl"):
            if one not in names:
                yield "%s is missing" % one
        if len(rows) != len(package["resources"]) or len(own) != len(manifest["files"]) or set(own) - names:
            yield "evidence/manifest.json or datapackage.json lists a file twice, or one that is not here"
        if package["created"] != manifest["created"] or package["software"] != manifest["software"]:
            yield "evidence/manifest.json and datapackage.json differ about their making"

    def archive():
        rows = {r["id"]: r for r in manifest["records"]}
        places = {}
        for name in sorted(n for n in names if n.startswith("archive/")):
            first = True
            for at, fields, head, digest, payload in records(files.open(name), name):
                one, kind = fields["warc-record-id"].strip("<>"), fields["warc-type"]
                if first and kind != "warcinfo":
                    yield "%s begins otherwise than a WARC of ours" % name
                if one in found:
                    yield "%s is the id of two records" % one
                first, found[one], places[name[8:], at] = False, (fields, payload), (fields.get("warc-target-uri"), kind, head)
                if one not in rows:
                    yield "%s is not in evidence/manifest.json" % one
                elif (rows[one]["sha256"], rows[one]["type"]) != (digest, kind):
                    yield "%s is not the record that evidence/manifest.json names" % one
        for one, (fields, _) in found.items():
            if fields["warc-type"] == "revisit" and fields.get("warc-refers-to", "").strip("<>") not in found:
                yield "%s refers to an answer that is not here" % one
        if len(rows) != len(manifest["records"]) or set(rows) - set(found):
            yield "evidence/manifest.json names a record twice or one that is not here: %s" % sorted(set(rows) - set(found))
        packed, at, lines = files.read("indexes/index.cdx.gz"), 0, []
        for line in files.read("indexes/index.idx").decode().splitlines()[1:]:
            block = json.loads(line.split(" ", 2)[2])
            if block["offset"] != at:
                raise Wrong("indexes/index.idx does not lead to the blocks of the index")
            at += block["length"]
            unpack = zlib.decompressobj(31)
            lines += unpack.decompress(packed[block["offset"] : at], 256 * 10**6).splitlines()
        if at != len(packed):
            yield "indexes/index.idx does not lead to the blocks of the index"
        lined = {k: v for k, v in places.items() if v[1] in ("response", "resource")}
        for line in lines:
            row = json.loads(line.split(b" ", 2)[2].decode())
            url, kind, head = lined.pop((row["filename"], row["offset"]), ("", "", b""))
            status = 200 if kind == "resource" else int(head.split()[1]) if head[:5] == b"HTTP/" else None
            if (url, status) != (row["url"], row["status"]):
                yield "indexes/index.cdx.gz: the line of %s does not say what its record says" % row["url"]
        if lined:
            yield "indexes/index.cdx.gz leaves out %d records" % len(lined)
        urls = {v[0] for v in places.values()}
        for line in files.read("pages/pages.jsonl").splitlines()[1:]:
            url = json.loads(line.decode())["url"]
            if url not in urls and "urn:pageinfo:" + url not in urls:
                yield "pages/pages.jsonl names %s, which is not archived" % url

    def sealed():
        leaves = [(r["place"], {"id": r["id"], "sha256": r["sha256"]}, r["id"]) for r in manifest["records"]]
        entry = manifest["custody"] and manifest["custody"]["sealed"]
        if entry:
            leaves.append((entry["place"], {"case": manifest["case"], "custody": entry["digest"], "seq": entry["seq"]}, "the log"))
        for place, leaf, what in leaves:
            if not place:
                continue
            name = "evidence/seal-%s.json" % place["seal"]
            seal = seals[name] = seals.get(name) or loads(files.read(name), name)
            if climb(canonical(leaf), place["index"], seal["leaves"], place["path"]) != seal["root"]:
                yield "%s is not what %s sealed" % (what, name)
        for name in sorted(n for n in names if n.startswith("evidence/seal-") and n.endswith(".json")):
            if name not in seals:
                yield "%s seals nothing that is here" % name
        for name in sorted(n for n in names if n.endswith(".tsr")):
            if name.rpartition("/")[2].rsplit(".", 2)[0] not in [n[9:-5] for n in seals]:
                yield "%s belongs to no seal that is here" % name

    def dated():
        for row in manifest["records"]:
            at = row["place"] and dates.get("evidence/seal-%s.json" % row["place"]["seal"])
            if at and moment(found[row["id"]][0]["warc-date"]) > at + SKEW:
                yield "%s is dated after the time stamp over it" % row["id"]
        for name, at in dates.items():
            if moment(seals[name]["sealed"]) > at + SKEW:
                yield "%s is dated after the time stamp over it" % name

    def posts():
        item = loads(files.read("evidence/item.json"), "evidence/item.json")
        told["exhibit"] = item.get("exhibit")
        place = "%s@%s" % (item["platform"], item["site"]) if item["site"] else item["platform"]
        ref = "%s:%s" % (place, item["platform_id"])
        long = "%s:sha256-%s" % (item["platform"], hashlib.sha256(ref.encode()).hexdigest())
        if item["ref"] != (ref if len(ref) <= 600 else long):
            yield "evidence/item.json names two different posts"
        media = {m["record"]: m["sha256"] for m in item.get("media") or [] if m.get("record")}
        named = [("item", r) for r in [*(item.get("records") or {}).values(), *media]]
        if "evidence/capture.json" in names:
            capture = loads(files.read("evidence/capture.json"), "evidence/capture.json")
            named += [("capture", r) for r in capture["records"].values()]
            counts = capture.get("requests")
            if counts and counts["requested"] != sum(counts.get(k) or 0 for k in ("recorded", "failed", "blocked", "local")):
                yield "evidence/capture.json: its counts do not add up"
            if capture["started"] and capture["ended"] and moment(capture["started"]) > moment(capture["ended"]):
                yield "evidence/capture.json ends before it began"
            view = capture["records"].get("view")
            if "evidence/screenshot.png" in names and found[view][1] != files.sha256("evidence/screenshot.png"):
                yield "evidence/screenshot.png is not the picture that was archived"
        for where_, one in named:
            for name in one if isinstance(one, list) else [one]:
                if name and name not in found:
                    yield "evidence/%s.json names %s, which is not in the archive" % (where_, name)
        for name, digest in media.items():
            if name in found and digest and found[name][1] != digest:
                yield "%s is not the file that evidence/item.json names" % name

    def signature():
        last, package = told["last"], told["package"]
        signed, data = last.get("signedData"), files.read("evidence/signer.json")
        if not signed:
            raise Wrong("datapackage-digest.json holds no signature")
        told["signer"], _, key = signer_of(loads(data, "evidence/signer.json"))
        if set(signed) != {"hash", "signature", "publicKey", "created", "software"} or [
                signed["hash"], signed["created"], signed["software"]] != [last["hash"], package["created"], package["software"]]:  # fmt: skip
            yield "datapackage-digest.json: the signature is over another datapackage.json"
        elif raw(signed["publicKey"], "3076301006072a8648ce3d020106052b8104002203620004") != key:
            yield "datapackage-digest.json is signed by another key than evidence/signer.json names"
        elif not p384(key, signed["hash"].encode(), base64.b64decode(signed["signature"], validate=True)):
            yield "datapackage-digest.json: the signature does not fit"
        pem = b"".join(b"-----BEGIN PUBLIC KEY-----\n" + b"".join(k[i : i + 64].encode() + b"\n" for i in range(0, len(k), 64))
                       + b"-----END PUBLIC KEY-----\n" for k in map(json.loads(data).get, ("ed25519", "p384")))  # fmt: skip
        if files.read("evidence/signer.pem") != pem:
            yield "evidence/signer.pem holds other keys than evidence/signer.json"
        for row in last.get("timestamps") or []:
            statement = row["statement"].encode()
            if "token" not in row:
                say("not_checked", "time stamp", "%s had not answered yet" % row["authority"], where)
                continue
            one = loads(statement, "the statement of %s" % row["authority"])
            if climb(signed["signature"].encode(), row["index"], one["leaves"], row["path"]) != one["root"]:
                yield "datapackage-digest.json: the stamp of %s is over other signatures" % row["authority"]
            pem = options["pems"].get(row["authority"]) or optional(files, "evidence/tsa-%s.pem" % row["authority"])
            token = base64.b64decode(row["token"], validate=True)
            at = stamp(token, statement, pem, options["roots"], "datapackage-digest.json (%s)" % row["authority"], where)
            if at and moment(package["created"]) > at + SKEW:
                yield "datapackage.json is dated after the stamp over its signature"

    def custody():
        told["log"] = log = loads(files.read("evidence/custody.json"), "evidence/custody.json")
        return chain(log, manifest["case"], manifest["custody"], "evidence/custody.json")

    check("files", "%d files are as listed, nothing is unlisted" % len(names), lists, where)
    if not manifest:
        return told
    check("archived answers", "every record fits its digests, the manifest and the index", archive, where)
    check("seals", "every sealed record leads to the root of its seal", sealed, where)
    for name in sorted(seals):
        tokens = [n for n in names if n.startswith(name[:-5] + ".") and n.endswith(".tsr")]
        for one in sorted(tokens):
            pem = optional(files, "evidence/tsa-%s.pem" % one[len(name) - 4 : -4])
            at = stamp(files.read(one), files.read(name), pem, options["roots"], one, where)
            dates[name] = min(at, dates.get(name, at)) if at else dates.get(name)
        if not tokens:
            say("not_checked", "time stamp", "%s: pending, no authority has answered yet" % name, where)
    dates = {k: v for k, v in dates.items() if v}
    check("dates", dates and "no record is dated after its time stamp", dated, where)
    check("custody", "each entry holds the digest of the one before it", custody, where)
    if "evidence/item.json" in names:
        check("post", "the post, its page and its picture are those archived", posts, where)
    check("signature", "it fits", signature, where)
    if told.get("signer"):
        known(told["signer"], options, where)
    told["manifest"] = manifest
    return told


def optional(files, name):
    return files.read(name) if name in files.places else b""


def known(fingerprint, options, where=""):
    wanted = options["signer"]
    word = "claimed" if not wanted else "proved" if fingerprint == wanted else "failed"
    say(word, "signer", fingerprint + ("" if wanted else ": compare it with what you were told by another way"), where)


# ---- the case bundle


def listed(files, name):
    rows = {}
    for line in files.read(name).decode().splitlines():
        digest, path = line[:64], line[66:]
        if not re.fullmatch("[0-9a-f]{64}  .+", line) or path in rows:
            raise Wrong("%s holds a line that is none, or a file twice: %r" % (name, line))
        rows[path] = digest
    return rows


def compared(files, name, wanted):
    rows = listed(files, name)
    for path in sorted(wanted | set(rows)):
        if path not in rows or path not in files.places:
            yield "%s is %s" % (path, "missing" if path in rows else "not listed in %s" % name)
        elif files.sha256(path) != rows[path]:
            yield "%s is not the file that %s lists (its SHA-256 differs)" % (path, name)


def bundle(files, options):
    """Check a case bundle and every WACZ in it."""
    names, statement, told = set(files.places), {}, {}
    outside = {n for n in names if n.startswith("seal/")}

    def sums():
        statement.update(loads(files.read("seal/statement.json"), "seal/statement.json"))
        yield from compared(files, "SHA256SUMS", names - outside - {"SHA256SUMS"})
        if files.sha256("SHA256SUMS") != statement["sums"]:
            yield "SHA256SUMS is not the list that seal/statement.json names: it was written anew"
        for name in sorted(n for n in names if n.startswith("../")):
            yield "%s lies outside of the folder of the bundle" % name[3:]
        for name in sorted(outside):
            if not re.fullmatch(r"seal/(statement\.json|signature\.json(\.[a-z0-9-]+\.(tsr|ots))?|tsa-[a-z0-9-]+\.pem)", name):
                yield "%s is nothing we put there" % name

    def bag():
        payload = {n for n in names if n.startswith("data/")}
        yield from compared(files, "manifest-sha256.txt", payload)
        yield from compared(files, "tagmanifest-sha256.txt", {"bagit.txt", "bag-info.txt", "manifest-sha256.txt"})
        oxum = "Payload-Oxum: %d.%d" % (sum(files.places[n][2] for n in payload), len(payload))
        if oxum not in files.read("bag-info.txt").decode().splitlines():
            yield "bag-info.txt states other sizes than %s" % oxum
        if "fetch.txt" in names:
            yield "fetch.txt would have files fetched from elsewhere"

    def signature():
        data, row = files.read("seal/statement.json"), loads(files.read("seal/signature.json"), "seal/signature.json")
        told["signer"], key, _ = signer_of(row["signer"])
        if row["statement"] != sha(data) or not ed25519(key, data, base64.b64decode(row["ed25519"], validate=True)):
            yield "seal/signature.json: the signature does not fit seal/statement.json"

    def stamps():
        for name in sorted(n for n in outside if n.endswith(".tsr")):
            pem = options["pems"].get(name.split(".")[-2], b"")
            at = stamp(files.read(name), files.read("seal/signature.json"), pem, options["roots"], name, "")
            if at and moment(statement["created"]) > at + SKEW:
                yield "seal/statement.json is dated after the stamp over its signature"

    def custody():
        told["log"] = log = loads(files.read("data/custody.json"), "data/custody.json")
        return chain(log, statement["case"], statement["custody"], "data/custody.json")

    def exhibits():
        rows = {r["path"]: r["sha256"] for r in statement["exhibits"]}
        for name in sorted({n for n in names if n.endswith(".wacz")} | set(rows)):
            if name not in rows or name not in names:
                yield "%s is %s" % (name, "missing" if name in rows else "not in seal/statement.json")
            elif files.sha256(name) != rows[name]:
                yield "%s is not the file that seal/statement.json names" % name
            elif files.read(name + ".sha256").decode() != "%s  %s\n" % (rows[name], name.rpartition("/")[2]):
                yield "%s.sha256 tells another digest" % name

    check("SHA256SUMS", "%d files, nothing is unlisted" % len(names), sums)
    check("BagIt", "both manifests and the sizes fit", bag)
    check("signature", "the statement over all this is signed", signature)
    if told.get("signer"):
        known(told["signer"], options)
    options["pems"] = {n[9:-4]: files.read(n) for n in outside if n.startswith("seal/tsa-")}
    check("time stamps", "", stamps)
    if not any(n.endswith(".tsr") for n in outside):
        say("not_checked", "time stamp", "pending: no authority has confirmed the signature of the bundle yet")
    check("custody", "each entry holds the digest of the one before it", custody)
    check("exhibits", "each is the file that is signed", exhibits)
    for name in sorted(n for n in names if n.endswith(".wacz")):
        inner = {}

        def belongs(name=name, inner=inner):
            inner.update(wacz(Zip(*files.places[name]), name, options))
            for key in ("case", "edition", "created", "software"):
                if inner["manifest"][key] != statement[key]:
                    yield "%s names another %s than the bundle" % (name, key)
            events = inner["log"]["events"]
            if inner["signer"] != told["signer"] or events != told["log"]["events"][: len(events)]:
                yield "%s has another signer or custody log than the bundle" % name
            number = re.match(r"data/exhibits/e0*(\d+)-", name)
            if number and str(inner["exhibit"]).lstrip("e0") != number[1]:
                yield "%s holds the exhibit %s" % (name, inner["exhibit"])

        check("belongs here", "same case, log, maker and key", belongs, name)


def main(words):
    options = {"pems": {}, "roots": None, "signer": None}
    for name in ("--roots", "--signer"):
        if name in words:
            options[name[2:]] = words.pop(words.index(name) + 1).replace(" ", "")
            words.remove(name)
    path = words[0] if words else os.path.dirname(os.path.abspath(__file__))
    found = {}

    def opened():
        if os.path.isdir(path):
            files = Folder(path)
        else:
            with zipfile.ZipFile(path) as archive:
                names = archive.namelist()
            files = Zip(path, inside="" if "datapackage.json" in names else names[0].split("/")[0] + "/")
        found["wacz" if "datapackage.json" in files.places else "case"] = files
        return ()

    if not os.path.exists(path):
        print("%s is not there." % path)
        return 2
    check("bundle", "%s can be read" % os.path.basename(path), opened)
    if "wacz" in found:
        wacz(found["wacz"], "", options)
    elif found:
        bundle(found["case"], options)
    failed = RESULTS.count("failed")
    print("%d checks failed: this is not the bundle that was made." % failed if failed else "Nothing failed: the bundle is intact.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
