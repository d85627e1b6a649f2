"""Each way to tamper is found, and what was changed is named; clean bundles of every shape are intact."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from evidence.verify import verify
from tests.evidence.forge import World
from tests.evidence.tampering import CASES, Base, around, keyed, logged


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    return Base(World(tmp_path_factory.mktemp("world")))


def test_the_untouched_bundle_is_intact(base: Base, tmp_path: Path) -> None:
    (tmp_path / "harbour.zip").write_bytes(base.bytes)
    checks = verify(tmp_path / "harbour.zip", base.world.trust)
    assert not [c for c in checks if c.result == "failed"]
    assert {c.result for c in checks} == {"proved", "claimed", "not_checked"}


def test_made_anew_without_a_change_it_is_intact(base: Base, tmp_path: Path) -> None:
    """What makes the forgeries leaves nothing behind that would be found by itself."""
    for data in (
        keyed(base, dict(base.bare[0]), stranger=False),
        around(base, base.waczs[0]),
        logged(lambda e: e)(base),
    ):
        (tmp_path / "harbour.zip").write_bytes(data)
        assert not [c for c in verify(tmp_path / "harbour.zip", base.world.trust) if c.result == "failed"]


def test_the_list_is_as_long_as_it_should_be() -> None:
    assert len(CASES) >= 80


@pytest.mark.parametrize("name", CASES)
def test_it_is_found_and_named(base: Base, tmp_path: Path, name: str) -> None:
    make, says = CASES[name]
    (tmp_path / "harbour.zip").write_bytes(make(base))
    trust = base.world.trust
    if "everything signed with another key" in name:
        from dataclasses import replace

        trust = replace(trust, signer=base.world.identity.fingerprint)
    failed = [c for c in verify(tmp_path / "harbour.zip", trust) if c.result == "failed"]
    assert failed, "missed"
    told = "\n".join(f"{c.exhibit or ''} {c.check}: {c.detail}" for c in failed)
    assert re.search(says, told), told
