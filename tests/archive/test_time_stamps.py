"""What authorities answer is checked before it is kept, against pinned roots alone; each defect has its sentence."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive import timestamps, token_form
from archive.timestamps import Answer, BadToken, Uncheckable, ask, check
from config.authorities import Authority, shipped
from core.http import Client
from core.times import StillClock
from demo.authority import Mode, TimeAuthority
from demo.der import integer, sequence, value
from tests.stamping import pinned, serving_authorities

AT = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
DATA = b'{"kind":"seal"}\n'
OPENSSL = shutil.which("openssl")


def authority(mode: Mode = "", name: str = "north") -> TimeAuthority:
    return TimeAuthority(name, clock=lambda: AT, since=AT - timedelta(days=2), mode=mode)


def asked(one: TimeAuthority, *, trusted: TimeAuthority | None = None, timeout: float = 20) -> Answer:
    clock = StillClock(AT + timedelta(seconds=4))
    with (
        serving_authorities({"north": one}) as port,
        Client(allow_loopback=True, clock=clock, attempts=1, timeout=timeout) as http,
    ):
        return ask(http, pinned(trusted or one, port, "north"), DATA, clock)


def test_a_right_token_is_stamped_and_tells_how_far_our_clock_is_off() -> None:
    one = authority()
    answer = asked(one)
    assert (answer.state, answer.at, answer.offset) == ("stamped", AT, 4.0)
    assert answer.token is not None
    found = check(answer.token, DATA, [pinned(one, 1, "north")])
    assert (found.authority.id, found.at, found.accuracy, found.by) == ("north", AT, 1.0, "rfc3161-client")
    assert found.signer == "CN=north signer"


REFUSED: list[tuple[Mode, str]] = [
    ("wrong nonce", "its nonce is not the one we sent"),
    ("no nonce", "its nonce is not the one we sent"),
    ("wrong digest", "stamps other data"),
    ("expired", "was good from"),
    ("unpinned", "leads to no root we have pinned"),
    ("no purpose", "not meant for time stamps"),
    ("bad signature", "signature of the token does not hold"),
    ("refuses", "refused the request"),
    ("another leaf", "does not hold the certificate that signed it"),
    ("no certificate", "does not hold the certificate that signed it"),
    ("html", "answered text/html instead of a time stamp"),
]


@pytest.mark.parametrize(("mode", "says"), REFUSED, ids=[mode for mode, _ in REFUSED])
def test_a_wrong_answer_is_refused_kept_for_the_record_and_named(mode: Mode, says: str) -> None:
    answer = asked(authority(mode))
    assert answer.state == "refused"
    assert answer.token, "what came is kept"
    assert answer.at is None
    assert says in (answer.why or "")


def test_every_defect_has_a_sentence_of_its_own() -> None:
    sentences = {asked(authority(mode)).why for mode, _ in REFUSED if mode not in ("no nonce", "no certificate")}
    assert len(sentences) == len(REFUSED) - 2


@pytest.mark.parametrize("mode", ["500", "slow"])
def test_an_authority_that_fails_or_dawdles_leaves_the_stamp_pending(mode: Mode) -> None:
    answer = asked(authority(mode), timeout=0.5)
    assert (answer.state, answer.token) == ("pending", None)
    assert answer.why


def test_an_authority_that_is_down_leaves_the_stamp_pending() -> None:
    with serving_authorities({"north": authority()}) as port:
        gone = pinned(authority(), port, "north")
    with Client(allow_loopback=True, attempts=1, clock=StillClock(AT)) as http:
        assert ask(http, gone, DATA, StillClock(AT)).state == "pending"


def test_certificates_in_another_order_than_der_wants_are_read_and_the_bytes_kept_as_they_came() -> None:
    one = authority("disordered")
    answer = asked(one)
    assert answer.state == "stamped"
    assert answer.token is not None
    assert token_form.ordered(answer.token) != answer.token
    assert check(answer.token, DATA, [pinned(one, 1, "north")]).by == "rfc3161-client"


def test_a_forged_root_that_the_token_brings_along_is_not_trusted() -> None:
    answer = asked(authority("disordered"), trusted=authority(name="north"))
    assert answer.state == "refused"
    assert "leads to no root we have pinned" in (answer.why or "")


def test_a_token_shown_with_other_data_or_as_another_authoritys_is_red() -> None:
    north, south = authority(), authority(name="south")
    token = asked(north).token
    assert token is not None
    both = [pinned(north, 1, "north"), pinned(south, 1, "south")]
    with pytest.raises(BadToken, match="stamps other data"):
        check(token, b"something else", both)
    with pytest.raises(BadToken, match="one of north, and not of south"):
        check(token, DATA, both, of="south")
    with pytest.raises(BadToken, match="no root we have pinned"):
        check(token, DATA, [both[1]])


def test_two_roots_of_one_name_do_not_get_in_each_others_way() -> None:
    older, newer = authority(), authority()
    token = asked(newer).token
    assert token is not None
    for roots in ((older, newer), (newer, older)):
        both = replace(pinned(newer, 1, "north"), roots=tuple(one.root_pem() for one in roots))
        for _ in range(8):  # the library takes them in an order of its own
            assert check(token, DATA, [both]).at == AT


def test_a_bare_token_is_checked_like_a_whole_answer() -> None:
    one = authority()
    token = asked(one).token
    assert token is not None
    assert check(token_form.bare(token), DATA, [pinned(one, 1, "north")]).at == AT


@pytest.mark.parametrize(
    "junk", [b"", b"<html>", b"\x30\x03\x02\x01", b"\x30\x80", b"\x30\x84\xff\xff\xff\xff", b"0" * 300_000]
)
def test_junk_is_no_token_and_breaks_nothing(junk: bytes) -> None:
    with pytest.raises(BadToken):
        check(junk, DATA, [pinned(authority(), 1, "north")])


def test_a_flipped_byte_anywhere_in_a_token_never_leaves_another_time_standing() -> None:
    one = authority()
    token = asked(one).token
    assert token is not None
    trusted = [pinned(one, 1, "north")]
    for place in range(0, len(token), 7):
        bad = token[:place] + bytes([token[place] ^ 0x55]) + token[place + 1 :]
        try:
            assert check(bad, DATA, trusted).at == AT  # what is not under the signature may differ
        except (BadToken, Uncheckable):
            continue


@pytest.mark.skipif(OPENSSL is None, reason="openssl is not there")
class TestByOpenssl:
    def unread(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(timestamps, "_read", lambda answer: None)

    def test_what_our_library_cannot_read_is_checked_by_openssl_under_the_same_rules(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one, other = authority(), authority(name="other")
        token = asked(one).token
        assert token is not None
        self.unread(monkeypatch)
        found = check(token, DATA, [pinned(other, 1, "other"), pinned(one, 1, "north")])
        assert (found.by, found.at, found.authority.id) == ("openssl", AT, "north")
        with pytest.raises(BadToken, match="message imprint mismatch"):
            check(token, b"other", [pinned(one, 1, "north")])
        with pytest.raises(BadToken, match="no root we have pinned"):
            check(token, DATA, [pinned(other, 1, "other")])
        with pytest.raises(BadToken, match="nonce"):
            check(token, DATA, [pinned(one, 1, "north")], nonce=4711)

    def test_what_stands_beside_the_token_is_never_taken_for_its_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        one = authority()
        token = token_form.bare(asked(one).token or b"")
        words = value(0x0C, b"ok\nTime stamp: Apr 30 13:00:00 2024 GMT")
        self.unread(monkeypatch)
        told = check(sequence(sequence(integer(0), sequence(words)), token), DATA, [pinned(one, 1, "north")])
        assert (told.by, told.at) == ("openssl", AT)
        with pytest.raises(BadToken, match="refused"):
            check(sequence(sequence(integer(2), sequence(words)), token), DATA, [pinned(one, 1, "north")])

    def test_without_openssl_such_a_token_is_not_checked_and_says_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        one = authority()
        token = asked(one).token
        assert token is not None
        self.unread(monkeypatch)
        monkeypatch.setattr(shutil, "which", lambda _: None)
        with pytest.raises(Uncheckable, match="install openssl"):
            check(token, DATA, [pinned(one, 1, "north")])

    @pytest.mark.parametrize("mode", ["", "disordered"])
    def test_the_answers_we_keep_are_accepted_by_openssl_too(self, tmp_path: Path, mode: Mode) -> None:
        one = authority(mode)
        for name, content in {"data": DATA, "answer": asked(one).token or b"", "root": one.root_pem().encode()}.items():
            (tmp_path / name).write_bytes(content)
        command = ["openssl", "ts", "-verify", "-data", "data", "-in", "answer", "-CAfile", "root"]
        done = subprocess.run(
            [*command, "-attime", str(int(AT.timestamp()))], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert "Verification: OK" in done.stdout + done.stderr


def test_the_shipped_authorities_are_of_different_owners_and_their_pins_hold_together() -> None:
    from archive.token_chain import _issued, certificates

    found = shipped()
    assert len({one.owner for one in found}) == len(found) >= 2
    for one in found:
        roots = certificates(one.roots)
        for root in roots:
            root.verify_directly_issued_by(root)
            assert root.not_valid_after_utc > datetime(2030, 1, 1, tzinfo=UTC)
        for between in certificates(one.intermediates):
            assert any(_issued(between, root, datetime(2026, 1, 1, tzinfo=UTC)) for root in roots)


def test_an_answer_is_said_in_one_line() -> None:
    assert timestamps.describe(Answer("north", "stamped", b"x", AT)) == "north: stamped, 2024-05-01T12:00:00Z"
    assert timestamps.describe(Answer("north", "pending", why="It is away.")) == "north: pending. It is away."
    assert isinstance(Authority("a", "u", "o", ("pem",)).chain(), str)
