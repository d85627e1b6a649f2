"""A bundle encrypted with keys or a passphrase opens with these alone, and with other age programs."""

from __future__ import annotations

import io
from pathlib import Path

import pyrage
import pytest

from core.errors import BadInput
from evidence import age_passphrase
from evidence.encryption import decrypt_file, encrypt_file, locked_by, opened

WORDS = "invented words of a test"
MINE, OTHER = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(age_passphrase.encrypt, "__kwdefaults__", {"work": 8})


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    path = tmp_path / "harbour.zip"
    path.write_bytes(bytes(range(256)) * 700)
    return path


def identity(folder: Path, key: object) -> Path:
    path = folder / "key.txt"
    path.write_text(f"# a key of a test\n{key}\n")
    return path


def test_a_bundle_opens_with_the_key_it_was_encrypted_to(plain: Path, tmp_path: Path) -> None:
    sealed = tmp_path / "harbour.zip.age"
    encrypt_file(plain, sealed, to=[str(OTHER.to_public()), str(MINE.to_public())])
    assert locked_by(sealed) == "key"
    assert sealed.stat().st_mode & 0o077 == 0
    with opened(sealed, identity=identity(tmp_path, MINE)) as found:
        assert found.name == "harbour.zip"
        assert found.read_bytes() == plain.read_bytes()
    assert not found.exists()


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 200_000])
def test_a_passphrase_serves_as_other_age_programs_have_it(size: int) -> None:
    data, sealed, back = b"x" * size, io.BytesIO(), io.BytesIO()
    age_passphrase.encrypt(io.BytesIO(data), sealed, WORDS)
    assert pyrage.passphrase.decrypt(sealed.getvalue(), WORDS) == data
    age_passphrase.decrypt(io.BytesIO(sealed.getvalue()), back, WORDS, "x.age")
    assert back.getvalue() == data


def test_a_bundle_opens_with_its_passphrase(plain: Path, tmp_path: Path) -> None:
    sealed = tmp_path / "harbour.zip.age"
    encrypt_file(plain, sealed, passphrase=WORDS)
    assert locked_by(sealed) == "passphrase"
    with opened(sealed, passphrase=lambda: WORDS) as found:
        assert found.read_bytes() == plain.read_bytes()
    with pytest.raises(BadInput, match=r"^The passphrase does not open harbour\.zip\.age\.$"):
        decrypt_file(sealed, tmp_path / "out", passphrase="other words")
    with pytest.raises(BadInput, match="COPYTRAIL_BUNDLE_PASSPHRASE"):
        decrypt_file(sealed, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_wrong_key_is_one_clear_sentence(plain: Path, tmp_path: Path) -> None:
    sealed = tmp_path / "harbour.zip.age"
    encrypt_file(plain, sealed, to=[str(OTHER.to_public())])
    with pytest.raises(BadInput, match="is encrypted to another key"):
        decrypt_file(sealed, tmp_path / "out", identity=identity(tmp_path, MINE))
    with pytest.raises(BadInput, match="--identity"):
        decrypt_file(sealed, tmp_path / "out")
    with pytest.raises(BadInput, match="no secret key of age"):
        decrypt_file(sealed, tmp_path / "out", identity=plain)


@pytest.mark.parametrize("words", [True, False])
def test_every_cut_and_flipped_byte_is_noticed(words: bool, plain: Path, tmp_path: Path) -> None:
    sealed, key = tmp_path / "harbour.zip.age", identity(tmp_path, MINE)
    encrypt_file(plain, sealed, **({"passphrase": WORDS} if words else {"to": [str(MINE.to_public())]}))
    whole = sealed.read_bytes()
    flips = [whole[:i] + bytes([whole[i] ^ 1]) + whole[i + 1 :] for i in range(25, len(whole), 9_001)]
    for wrong in (whole[:-1], whole[:-16], whole[: len(whole) // 2], whole[:60], whole + b"x", *flips):
        sealed.write_bytes(wrong)
        with pytest.raises(BadInput):
            decrypt_file(sealed, tmp_path / "out", identity=key, passphrase=WORDS)
    assert not (tmp_path / "out").exists()


def test_swapped_pieces_are_noticed() -> None:
    out = io.BytesIO()
    age_passphrase.encrypt(io.BytesIO(bytes(4 * 65_536)), out, WORDS)
    whole, piece = out.getvalue(), 65_536 + 16
    start = len(whole) - 4 * piece
    swapped = whole[:start] + whole[start + piece : start + 2 * piece] + whole[start : start + piece]
    with pytest.raises(BadInput, match="was changed"):
        age_passphrase.decrypt(io.BytesIO(swapped + whole[start + 2 * piece :]), io.BytesIO(), WORDS, "x.age")


def test_a_file_that_asks_for_too_much_memory_is_refused() -> None:
    out = io.BytesIO()
    age_passphrase.encrypt(io.BytesIO(b"x"), out, WORDS)
    with pytest.raises(BadInput, match="over 1 GB"):
        age_passphrase.decrypt(io.BytesIO(out.getvalue().replace(b" 8\n", b" 30\n")), io.BytesIO(), WORDS, "x.age")


def test_a_file_to_keys_without_end_is_refused_at_once(plain: Path, tmp_path: Path) -> None:
    own = pyrage.x25519.Identity.generate()
    keys, bomb = tmp_path / "key.txt", tmp_path / "case.age"
    keys.write_text(f"{own}\n")
    made = pyrage.encrypt(b"hello", [pyrage.x25519.Identity.generate().to_public()])
    start, end = made.index(b"-> X25519"), made.index(b"--- ")
    for count in (101, 10_000):
        bomb.write_bytes(made[:start] + made[start:end] * count + made[end:])
        with pytest.raises(BadInput, match="more keys than are tried"):
            decrypt_file(bomb, tmp_path / "out", identity=keys)
    with pytest.raises(BadInput, match="50 keys at most"):
        encrypt_file(plain, tmp_path / "out", to=[str(own.to_public())] * 51)


def test_a_secret_key_as_recipient_is_not_repeated(plain: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        encrypt_file(plain, tmp_path / "x.age", to=[str(MINE)])
    assert str(MINE) not in str(caught.value)
    with pytest.raises(BadInput, match="no public key"):
        encrypt_file(plain, tmp_path / "x.age", to=["age1nonsense"])


def test_a_bundle_that_is_not_encrypted_is_lent_as_it_is(plain: Path) -> None:
    with opened(plain) as found:
        assert found == plain
