"""Keep secrets out of the archive: the rules here run on every exchange before it is recorded, and count what they hid.

What is hidden is named in the record's note (rule: count), so that nobody takes a redacted record for the wire's own.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from urllib.parse import parse_qsl, unquote_plus

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
    "appsecret_proof", "secret", "password", "passwd", "assertion", "client_assertion", "code_verifier",
})  # fmt: skip
_SECRET_MEMBERS = SECRET_PARAMETERS - {"key"} | {"accessjwt", "refreshjwt", "session_token"}
_MEMBER = re.compile(
    rb'("(?:' + b"|".join(sorted(name.encode() for name in _SECRET_MEMBERS)) + rb')"\s*:\s*)"(?:[^"\\]|\\.)*"', re.I
)
_PAIR = re.compile(r"([^&;=?#]+)=([^&;#]*)")
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
    request_type = _header(exchange.request_headers, "content-type")
    body, is_decoded = exchange.body, exchange.decoded
    plain = exchange.body if decoded is None else decoded
    if (hidden := _token_answer(plain, counts)) is not None:
        body, is_decoded = hidden, True
    changed = replace(
        exchange,
        url=_url(exchange.url, counts),
        request_headers=_headers(exchange.request_headers, counts),
        request_body=_request_body(exchange.request_body, request_type, counts),
        headers=_headers(exchange.headers, counts),
        body=body,
        decoded=is_decoded,
    )
    if not counts:
        return changed
    told = " ".join(f"{rule}:{number}" for rule, number in sorted(counts.items()))
    return replace(changed, note={**exchange.note, "redacted": told})


def _url(url: str, counts: Counter[str]) -> str:
    head, mark, rest = url.partition("?")
    scheme, slashes, address = head.partition("://")
    host = address.split("/", 1)[0]
    if slashes and "@" in host:
        counts["userinfo"] += 1
        head = f"{scheme}://{address[host.rindex('@') + 1 :]}"
    if not mark:
        return head
    query, hash_mark, fragment = rest.partition("#")
    return f"{head}?{_pairs(query, 'query', counts)}{hash_mark}{_pairs(fragment, 'query', counts)}"


def _pairs(text: str, rule: str, counts: Counter[str]) -> str:
    def hide(pair: re.Match[str]) -> str:
        if unquote_plus(pair[1]).strip().lower() not in SECRET_PARAMETERS or pair[2] in ("", HIDDEN):
            return pair[0]
        counts[rule] += 1
        return f"{pair[1]}={HIDDEN}"

    return _PAIR.sub(hide, text)


def _headers(headers: Headers, counts: Counter[str]) -> Headers:
    kept: list[tuple[str, str]] = []
    for name, value in headers:
        if name.lower() in _SECRET_HEADERS:
            counts[f"header-{name.lower()}"] += 1
        elif name.lower() in ("location", "content-location", "referer"):
            kept.append((name, _url(value, counts)))
        else:
            kept.append((name, value))
    return kept


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
    if "json" in content_type:
        return _members(body, "body", counts)
    if "x-www-form-urlencoded" in content_type:
        return _pairs(body.decode("latin-1"), "body", counts).encode("latin-1")
    return body


def _token_answer(body: bytes, counts: Counter[str]) -> bytes | None:
    """Return the hidden form of an answer that hands out tokens: JSON with such a member on top, or a form."""
    if not body or len(body) > _LARGEST_TOKEN_ANSWER:
        return None
    start = body.lstrip()[:1]
    if start == b"{" and _MEMBER.search(body):
        try:
            members = json.loads(body)
        except ValueError:
            return None
        if any(str(name).lower() in _SECRET_MEMBERS for name in members):
            return _members(body, "token", counts)
    elif body.startswith((b"access_token=", b"oauth_token=")) and parse_qsl(body.decode("latin-1")):
        return _pairs(body.decode("latin-1"), "token", counts).encode("latin-1")
    return None
