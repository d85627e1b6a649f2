"""No key ever reaches what is kept, shown or handed on: each source with secrets, walked into a real archive."""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus, unquote_plus

import httpx
import pytest
import yaml

from core.errors import NotRecorded
from core.source import Source
from core.times import StillClock
from runner.workspace import Workspace
from tests.answers import Answers, Case, cases, plugins
from tests.runner.commands import Home, workspace

# The name and the number of whoever asks: no secrets, and a request cannot be understood without them.
OPEN = {"BLUESKY_HANDLE", "INSTAGRAM_ACCOUNT_ID"}
KEYED = [pytest.param(source, id=name) for name, source in plugins().items() if source.secrets]
# What is handed out in return for a key is as secret as the key.
TOKEN = re.compile(rb'"(?:access_token|accessJwt|refreshJwt|refresh_token)"\s*:\s*"([^"]+)"')
HANDED = {
    "access_token": "invented bearer", "token_type": "Bearer", "expires_in": 7200, "handle": "ines.example",
    "accessJwt": "invented access", "refreshJwt": "invented refresh", "did": "did:plc:ines",
}  # fmt: skip
AT = datetime(2026, 3, 9, tzinfo=UTC)


def key(name: str) -> str:
    """Return an invented key; its odd letters are written in many ways on the wire."""
    return name if name in OPEN else f"Zq{re.sub('[^A-Za-z0-9]', '', name)}/7+w%3D~k=="


def written(text: str) -> set[bytes]:
    """Return the forms in which a key may stand somewhere: as it is, escaped, within base64."""
    forms = {text, quote(text, safe=""), quote_plus(text), quote(text), quote(quote(text, safe=""), safe="")}
    forms |= {json.dumps(text)[1:-1], text.replace("/", "\\/"), unquote_plus(text)}
    found = {form.encode() for form in forms}
    for shift in range(3):
        found.add(base64.b64encode(b"\0" * shift + text.encode())[4 : -4 if shift else None].rstrip(b"="))
    return found


class Hostile(httpx.BaseTransport):
    """Give the invented answers of a case, and repeat in each what was asked, headers and body as well."""

    def __init__(self, case: Case, source: type[Source]) -> None:
        self._inner = Answers(yaml.safe_load(case.path.read_text())["answers"], case.path.parent, AT)
        self._keys = {key(name): f"invented {name}" for name in source.secrets}
        self._handed: set[str] = set()
        self.asked: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer with the key in body and headers, as an interface that names the next page in full does."""
        self.asked.append(request)
        url, sent = str(request.url), request.read().decode()
        for secret, told in self._keys.items():
            for form in (quote_plus(secret), quote(secret, safe=""), quote(secret), secret):
                url, sent = url.replace(form, quote_plus(told)), sent.replace(form, quote_plus(told))
        try:
            answer = self._inner.handle_request(httpx.Request(request.method, url, content=sent.encode() or None))
        except NotRecorded:
            login = re.search(r"/(?:token|access_token|\S*createSession)/?$", request.url.path)  # replay needs none
            answer = httpx.Response(200, json=HANDED) if login else httpx.Response(404, text="not there")
        body = answer.read()
        for token in {found[1].decode() for found in TOKEN.finditer(body)} - self._handed:
            self._handed.add(token)
            self._keys[key(f"HANDED {token}")] = token
        for secret, told in self._keys.items():
            body = body.replace(told.encode(), secret.encode())
        told_again = [str(request.url), *request.headers.values(), sent]
        with_echo = _echoing(body, told_again)
        head = [(n, v) for n, v in answer.headers.items() if n != "content-length"]
        head += [("Link", f'<{request.url}&more=1>; rel="next"'), ("X-Asked", str(request.url))]
        return httpx.Response(answer.status_code, headers=head, content=with_echo)

    def close(self) -> None:
        """There is nothing to close."""


def _echoing(body: bytes, told: list[str]) -> bytes:
    try:
        answer = json.loads(body)
    except ValueError:
        return body + ("<!-- " + " ".join(told) + " -->").encode() if body.lstrip()[:1] == b"<" else body
    if not isinstance(answer, dict):
        return body
    escaped = json.dumps([told, [quote(one, safe="") for one in told]]).replace("/", "\\/")
    return f'{json.dumps(answer)[:-1]}, "echo_of_all": {json.dumps(told)}, "once_more": {escaped}}}'.encode()


def kept(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield everything that stands in a folder, unpacked."""
    for path in folder.rglob("*"):
        if path.is_file():
            yield from unpacked(str(path.relative_to(folder)), path.read_bytes())


def unpacked(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    yield name, content
    if content.startswith(b"\x1f\x8b"):
        yield from unpacked(f"{name}/", gzip.decompress(content))
    elif content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as inner:
            for member in inner.namelist():
                yield from unpacked(f"{name}/{member}", inner.read(member))


@pytest.mark.parametrize("source", KEYED)
def test_no_key_is_kept_or_shown(
    source: type[Source], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in source.secrets:
        monkeypatch.setenv(name, key(name))
    monkeypatch.setenv("COPYTRAIL_DEBUG", "1")
    monkeypatch.setattr(Workspace, "clock", lambda _: StillClock(AT))
    home = workspace(tmp_path / "w", port=9)
    with (home.folder / "copytrail.toml").open("a") as settings:
        settings.write("[budgets]\nx = 100\n")
    home("db", "upgrade")
    shown, asked = walked(home, source, monkeypatch)
    assert all(sent(asked, name) for name in source.secrets), "each key is sent somewhere, or nothing is tried here"
    home("export", "--case", "c0", "--out", tmp_path / "w" / "bundle.wacz")
    looked_at = {**dict(kept(tmp_path / "w")), "shown": (shown + "".join(capfd.readouterr())).encode()}
    assert any(name.endswith(".warc.gz/") for name in looked_at), "an archive"
    for name in set(source.secrets) - OPEN | {"ZqHANDED"}:
        for place, content in looked_at.items():
            for form in written(key(name)) if name in source.secrets else (name.encode(),):
                at = content.find(form)
                assert at < 0, f"{name} stands in {place}: ...{content[max(0, at - 120) : at + 60]!r}"


def sent(asked: list[httpx.Request], name: str) -> bool:
    """Return whether a key stands in one of the requests."""
    wire = b"\n".join(
        b" ".join((str(one.url).encode(), *(value for _, value in one.headers.raw), one.content)) for one in asked
    )
    plain = b"".join(base64.b64decode(word + b"==") for word in wire.split() if len(word) % 4 == 0 and word.isalnum())
    return any(form in wire + plain for form in written(key(name)))


def walked(home: Home, source: type[Source], monkeypatch: pytest.MonkeyPatch) -> tuple[str, list[httpx.Request]]:
    """Walk every case of a source by the commands; return what they printed and what was asked."""
    shown, asked = "", []
    for number, case in enumerate(cases(source.id)):
        wire = Hostile(case, source)
        monkeypatch.setattr("core.network.LoopbackRoute", lambda _, wire=wire: wire)
        url = yaml.safe_load(case.path.read_text())["url"]
        for arguments in (
            ("add", url, "--case", f"c{number}", "--route", source.route),
            ("collect", "--case", f"c{number}"), ("preview", url, "--route", source.route),
            ("table", "findings", "--out", "-"),
        ):  # fmt: skip
            printed = _any(home, *arguments)
            shown += printed
        asked += wire.asked
    return shown, asked


def _any(home: Home, *arguments: Any) -> str:
    from tests.runner.commands import copytrail

    printed = copytrail("--workspace", home.folder, *arguments)
    return printed.out + printed.err
