"""Keep secrets out of the archive: the rules here run on every exchange before it is recorded, and count what they hid.

What is hidden is named in the record's note (`redacted`, rule: count), and `wire` (of the answer) and `wire-sent` (of
the request) say so: nobody shall take such a record for what was on the wire.
"""

from __future__ import annotations

import base64
import codecs
import contextlib
import html
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qsl, quote, quote_plus, unquote, unquote_plus

from core.exchange import Exchange, Headers

HIDDEN = "REDACTED"
_SECRET_HEADERS = frozenset({
    "authorization", "proxy-authorization", "cookie", "set-cookie", "set-cookie2", "x-api-key", "api-key", "apikey",
    "x-auth-token", "x-access-token", "x-goog-api-key", "x-csrf-token", "x-xsrf-token", "authentication-info",
    "proxy-authentication-info", "ocp-apim-subscription-key",
})  # fmt: skip
SECRET_PARAMETERS = frozenset({
    "key", "api_key", "apikey", "api-key", "access_token", "accesstoken", "refresh_token", "id_token", "auth_token",
    "oauth_token", "oauth_signature", "client_secret", "clientsecret", "consumer_secret", "app_secret",
    "appsecret_proof", "secret", "password", "passwd", "assertion", "client_assertion", "code_verifier", "user_api_key",
    "api_token", "private_token", "bearer_token", "jwt", "phpsessid", "jsessionid", "auth", "session_id", "sessionid",
    "client_id", "client_key",  # of some interfaces all the key there is
})  # fmt: skip
_SENT_SECRET = re.compile(  # header names of requests
    r"token|secret|passw|auth|api-?key|client-?(?:id|key)|-key$|cookie|session", re.I
)
_SECRET_MEMBERS = SECRET_PARAMETERS - {"key", "client_id"} | {"accessjwt", "refreshjwt", "session_token"}
_MEMBER = re.compile(
    rb'("(?:' + b"|".join(sorted(name.encode() for name in _SECRET_MEMBERS)) + rb')"\s*:\s*)"(?:[^"\\]|\\.)*"', re.I
)
_PAIR = re.compile(r"(?<![^&;?#])([^&;=?#]++)=([^&;#]*)")  # a name begins only where a part does: linear time
_COOKIE = re.compile(r"^([^=;]*=)[^;]*")  # which cookie was set for whom may be told, its value not
_NESTED = 3  # how deep an address within an address is looked into
_SHORTEST_ECHO = 12  # characters; what is shorter may stand in an answer by chance
_WORD = re.compile(r"[^\s\"'<>,]++")  # of a header: what may be an address
_LARGEST_TOKEN_ANSWER = 65_536  # bytes; token answers are a few hundred


def redact_url(url: str) -> str:
    """Return a URL with user, password and the values of secret query parameters hidden."""
    return _url(url, Counter())


def redact_body(body: bytes, content_type: str) -> bytes:
    """Return a request body (a form or JSON) with the values of secret members hidden."""
    return _request_body(body, content_type, Counter())


def redact(exchange: Exchange, decoded: bytes | None = None) -> Exchange:
    """Return an exchange fit for the archive; `decoded` is its body with the content encoding undone.

    Where an answer is one that hands out tokens its body is kept decoded, as bytes on the wire cannot be edited.
    """
    counts: Counter[str] = Counter()
    headers = _headers(exchange.headers, counts)
    request_type = _header(exchange.request_headers, "content-type")
    body, is_decoded = exchange.body, exchange.decoded
    plain = exchange.body if decoded is None else decoded
    if (hidden := _token_answer(plain, counts)) is not None:
        body, is_decoded = hidden, True
    changed = replace(
        exchange,
        url=_url(exchange.url, counts),
        request_headers=_headers(
            [pair for pair in exchange.request_headers if not _is_sent_secret(pair[0], counts)], counts
        ),
        request_body=_request_body(exchange.request_body, request_type, counts),
        headers=headers,
        body=body,
        decoded=is_decoded,
    )
    if exchange.status is not None:
        changed = _not_the_wire(changed, tuple(headers) != tuple(exchange.headers), hidden is not None, exchange)
    sent = {
        "address": changed.url != exchange.url,
        "headers": tuple(changed.request_headers) != tuple(exchange.request_headers),
        "body": changed.request_body != exchange.request_body,
    }
    if any(sent.values()):
        parts = " and ".join(part for part, differs in sent.items() if differs)
        changed = replace(changed, note={**changed.note, "wire-sent": f"no; {parts} redacted"})
    counts += Counter()  # what was looked for and not found goes
    if not counts:
        return changed
    told = " ".join(f"{rule}:{number}" for rule, number in sorted(counts.items()))
    return replace(changed, note={**changed.note, "redacted": told})


def without_echo(exchange: Exchange, decoded: bytes) -> tuple[Exchange, bytes]:
    """Return an exchange and its decoded body without the secrets that were sent, where the answer repeats them.

    Some servers quote the request in their errors or in the address of the next page. A body that is changed is kept
    decoded, as bytes on the wire cannot be edited.
    """
    secrets = _sent(exchange)
    texts = (decoded, exchange.body, *(value.encode("latin-1", "replace") for _, value in exchange.headers))
    if not any(secret in text for text in texts for secret in secrets):
        return exchange, decoded
    echo = re.compile(b"|".join(map(re.escape, sorted(secrets, key=len, reverse=True))))
    hidden = HIDDEN.encode()
    headers = [
        (name, echo.sub(hidden, value.encode("latin-1", "replace")).decode("latin-1"))
        for name, value in exchange.headers
    ]
    body, plain = exchange.body, echo.sub(hidden, decoded)
    is_decoded = exchange.decoded or plain != decoded
    body = plain if plain != decoded else echo.sub(hidden, body)
    note = {**exchange.note, "echo": "hidden"}
    changed = replace(exchange, headers=headers, body=body, decoded=is_decoded, note=note)
    return _not_the_wire(changed, headers != list(exchange.headers), body != exchange.body, exchange), plain


def _not_the_wire(changed: Exchange, headers: bool, body: bool, sent: Exchange) -> Exchange:
    """Return an exchange whose note says which parts of the answer are not as the server sent them."""
    parts = [word for word, differs in (("headers", headers), ("body", body)) if differs]
    before = changed.note.get("wire", "").removeprefix("no; ").partition(" redacted")[0].split(" and ")
    parts = [word for word in ("headers", "body") if word in parts or word in before]
    if not parts:
        return changed
    coded = "body" in parts and changed.decoded and _header(sent.headers, "content-encoding") != ""
    told = f"no; {' and '.join(parts)} redacted{', content coding undone' if coded else ''}"
    return replace(changed, note={**changed.note, "wire": told})


def _sent(exchange: Exchange) -> set[bytes]:
    """Return the secrets a request carried, in the forms in which an answer may repeat them."""
    found = [value for name, value in exchange.request_headers if _is_sent_secret(name, Counter())]
    for value in tuple(found):
        scheme, _, rest = value.partition(" ")
        found.append(rest)
        if scheme.lower() == "basic":
            with contextlib.suppress(ValueError):
                found += base64.b64decode(rest).decode("latin-1").split(":", 1)[1:]
    form = exchange.request_body.decode("latin-1") if len(exchange.request_body) <= _LARGEST_TOKEN_ANSWER else ""
    for text in (exchange.url.partition("?")[2], form):
        found += [pair[2] for pair in _PAIR.finditer(text) if unquote_plus(pair[1]).lower() in SECRET_PARAMETERS]
    plain = {form for value in found for form in (value, unquote_plus(value))}
    forms = plain | {escaped for form in plain for escaped in _escaped(form)}
    return {form.encode("latin-1", "replace") for form in forms if len(form) >= _SHORTEST_ECHO and form != HIDDEN}


def _escaped(text: str) -> Iterator[str]:
    """Yield the ways in which addresses, JSON and HTML write a text."""
    for within in (text, quote(text, safe=""), quote_plus(text, safe="/")):
        yield from (within, within.replace("/", r"\/"), html.escape(within))
        yield re.sub("%[0-9A-F]{2}", lambda escape: escape[0].lower(), within)
        yield quote(within, safe="")  # of an address within an address


def _url(url: str, counts: Counter[str]) -> str:
    address, fragment_mark, end = url.partition("#")
    head, mark, rest = address.partition("?")
    scheme, slashes, place = head.partition("//")
    host = place.split("/", 1)[0]
    if slashes and "@" in host and scheme[-1:] in (":", ""):
        counts["userinfo"] += 1
        head = f"{scheme}//{place[host.rindex('@') + 1 :]}"
    query, fragment = _pairs(rest, "query", counts), _pairs(end, "query", counts)
    return f"{head}{mark}{query}{fragment_mark}{fragment}"


def _pairs(text: str, rule: str, counts: Counter[str], depth: int = 0) -> str:
    def hide(pair: re.Match[str]) -> str:
        name, value = pair[1], pair[2]
        if unquote_plus(name).strip().lower() in SECRET_PARAMETERS:
            counts[rule] += value not in ("", HIDDEN)
            return f"{name}={HIDDEN}" if value else pair[0]
        inner = unquote(value) if "?" in value or "%3" in value else ""
        if "=" not in inner or depth >= _NESTED:
            return pair[0]
        hidden = _pairs(inner, rule, counts, depth + 1)  # an address that another is handed on in
        return pair[0] if hidden == inner else f"{name}={quote(hidden, safe='')}"

    return _PAIR.sub(hide, text)


def _is_sent_secret(name: str, counts: Counter[str]) -> bool:
    found = is_secret_header(name)
    counts[f"header-{name.lower()}"] += found
    return found


def is_secret_header(name: str) -> bool:
    """Return whether a header of a request carries a key, going by its name."""
    return name.lower() in _SECRET_HEADERS or bool(_SENT_SECRET.search(name))


def _headers(headers: Headers, counts: Counter[str]) -> Headers:
    kept: list[tuple[str, str]] = []
    for name, value in headers:
        if name.lower() in ("set-cookie", "set-cookie2"):
            counts[f"header-{name.lower()}"] += 1
            kept.append((name, _COOKIE.sub(rf"\1{HIDDEN}", value) if "=" in value.partition(";")[0] else HIDDEN))
        elif name.lower() in _SECRET_HEADERS:
            counts[f"header-{name.lower()}"] += 1
        else:  # addresses stand in Location, Link, Refresh, Referer and others
            kept.append((name, _WORD.sub(lambda word: _word(word[0], counts), value)))
    return kept


def _word(word: str, counts: Counter[str]) -> str:
    return _url(word, counts) if any(mark in word for mark in ("?", "#", "//")) else word


def _header(headers: Headers, wanted: str) -> str:
    return next((value for name, value in headers if name.lower() == wanted), "")


def _members(body: bytes, rule: str, counts: Counter[str]) -> bytes:
    hidden, number = _MEMBER.subn(rb'\1"' + HIDDEN.encode() + b'"', body)
    if number:
        counts[rule] += number
    return hidden


def _request_body(body: bytes, content_type: str, counts: Counter[str]) -> bytes:
    if not body:
        return body
    if "json" in content_type or body.lstrip()[:1] in (b"{", b"["):
        return _members(body, "body", counts)
    if "x-www-form-urlencoded" in content_type or not content_type:
        return _pairs(body.decode("latin-1"), "body", counts).encode("latin-1")
    return body


def _token_answer(body: bytes, counts: Counter[str]) -> bytes | None:
    """Return the hidden form of an answer that hands out tokens: JSON with such a member on top, or a form."""
    if not body or len(body) > _LARGEST_TOKEN_ANSWER:
        return None
    start = body.removeprefix(codecs.BOM_UTF8).lstrip()[:1]
    if start == b"{" and _MEMBER.search(body):
        try:
            members = json.loads(body)
        except (ValueError, RecursionError):
            return None
        if any(str(name).lower() in _SECRET_MEMBERS for name in members):
            return _members(body, "token", counts)
    elif body.startswith((b"access_token=", b"oauth_token=")) and parse_qsl(body.decode("latin-1")):
        return _pairs(body.decode("latin-1"), "token", counts).encode("latin-1")
    return None
