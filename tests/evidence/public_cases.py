"""Invented names in every form and place we know of, and secrets that were never issued."""

from __future__ import annotations

import base64
import gzip
import html
import json
import quopri
import unicodedata
import zlib
from collections.abc import Callable
from urllib.parse import quote, quote_plus

NAME = "Marisol Quillfeather"  # of nobody
HANDLE = "quillmari_77"
CYRILLIC = "Зофья Кречетова"
CJK = "欧阳晓雾"
ARABIC = "زهراء الوادي"
HYPHENATED = "Ottilie Brandt-Hjørungavåg"
EVERYBODY = (NAME, HANDLE, CYRILLIC, CJK, ARABIC, HYPHENATED)


def _escaped(text: str, form: Callable[[str], str]) -> str:
    return "".join(map(form, text))


def _utf16(text: str) -> list[int]:
    raw = text.encode("utf-16-be")
    return [int.from_bytes(raw[i : i + 2], "big") for i in range(0, len(raw), 2)]


FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "upper case": str.upper,
    "lower case": str.lower,
    "swapped case": str.swapcase,
    "composed": lambda t: unicodedata.normalize("NFC", t),
    "decomposed": lambda t: unicodedata.normalize("NFD", t),
    "full width": lambda t: _escaped(t, lambda c: chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c),
    "percent": lambda t: quote(t, safe=""),
    "percent, lower hex": lambda t: _escaped(quote(t, safe=""), str.lower),
    "percent, every byte": lambda t: _escaped(t.encode().decode("latin-1"), lambda c: f"%{ord(c):02X}"),
    "percent twice": lambda t: quote(quote(t, safe=""), safe=""),
    "percent three times": lambda t: quote(quote(quote(t, safe=""), safe=""), safe=""),
    "form": quote_plus,
    "percent u": lambda t: "".join(f"%u{u:04X}" for u in _utf16(t)),
    "entities, decimal": lambda t: _escaped(t, lambda c: f"&#{ord(c)};"),
    "entities, hex": lambda t: _escaped(t, lambda c: f"&#x{ord(c):x};"),
    "entities, upper hex, padded": lambda t: _escaped(t, lambda c: f"&#X{ord(c):05X};"),
    "entities of entities": lambda t: html.escape(_escaped(t, lambda c: f"&#{ord(c)};")),
    "JSON": lambda t: "".join(f"\\u{u:04x}" for u in _utf16(t)),
    "JSON, upper hex": lambda t: "".join(f"\\u{u:04X}" for u in _utf16(t)),
    "JSON in JSON": lambda t: json.dumps(json.dumps(t)),
    "JavaScript, bytes": lambda t: _escaped(t.encode().decode("latin-1"), lambda c: f"\\x{ord(c):02x}"),
    "JavaScript, braces": lambda t: _escaped(t, lambda c: f"\\u{{{ord(c):x}}}"),
    "style sheet": lambda t: _escaped(t, lambda c: f"\\{ord(c):06x} "),
    "base64": lambda t: base64.b64encode(t.encode()).decode(),
    "base64, one byte on": lambda t: base64.b64encode(b"x" + t.encode()).decode(),
    "base64, two bytes on": lambda t: base64.b64encode(b"xy" + t.encode() + b"z").decode(),
    "base64 for addresses": lambda t: base64.urlsafe_b64encode(t.encode()).decode().rstrip("="),
    "base64 in lines": lambda t: base64.encodebytes(b"x" * 50 + t.encode() + b"y" * 60).decode().strip(),
    "base64 of base64": lambda t: base64.b64encode(base64.b64encode(t.encode())).decode(),
    "quoted-printable": lambda t: quopri.encodestring(t.encode()).decode(),
    "split by a tag": lambda t: f"{t[0]}<b>{t[1:3]}</b>{t[3:]}",
    "split by tags": lambda t: "".join(f"<span class=x>{c}</span>" for c in t),
    "split by a comment": lambda t: f"{t[:2]}<!-- x -->{t[2:]}",
    "split by escaped tags": lambda t: html.escape(f"{t[:2]}<i>{t[2:]}</i>"),
    "zero width": lambda t: "\u200b".join(t),
    "soft hyphens as entities": lambda t: "&shy;".join(t),
    "joiners": lambda t: "\u2060".join(t),
    "no blanks": lambda t: t.replace(" ", ""),
    "underscores": lambda t: t.replace(" ", "_"),
    "no-break blanks": lambda t: t.replace(" ", "&nbsp;"),
    "in an address in JSON in a page": lambda t: html.escape(json.dumps({"u": f"https://a.example/{quote(t)}"})),
    "in another word": lambda t: f"xy{t}zt",
    "zeros between": lambda t: "\0".join(t),
}
PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda b: gzip.compress(b, mtime=0),
    "deflate": zlib.compress,
    "raw deflate": lambda b: zlib.compress(b, wbits=-15),
}
CHARSETS = {CYRILLIC: ("windows-1251", "koi8-r", "iso-8859-5"), CJK: ("gb18030",), ARABIC: ("windows-1256",)}
SECRETS = {
    "aws": "AKIAQ2W3E4R5T6Y7ZZZZ",
    "google": "AIza" + "SyB7x2m9Qp4Lr8Tn1Vc5Wd3Ke6Jf0Hg_-Zt"[:35],
    "slack": "xoxb-210987654321-abcdefghijKLMNOP",
    "github": "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8",
    "gitlab": "glpat-" + "Zx9Yw8Vu7Ts6Rq5Po4Nm",
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJub2JvZHkifQ.c2lnbmF0dXJlLW9mLW5vYm9keQ",
    "bot": "123456789:AAabcdefghijklmnopqrstuvwxyz0123456",
    "key": "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEAnotakeyatall\n-----END RSA PRIVATE KEY-----",
    "token in an address": "https://api.example/v1?access_token=0a1b2c3d4e5f6a7b8c9d",
    "cookie": "Set-Cookie: session=9f8e7d6c5b4a; Path=/",
    "authorization": '"Authorization": "Bearer zyxwvutsrqponm987654321"',
    "login in an address": "https://operator:hunter2hunter2@db.example/",
    "age": "AGE-SECRET-KEY-1" + "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LQPZRY9X8GF2TVDW0S3JN54KHC"[:58],
}  # fmt: skip
