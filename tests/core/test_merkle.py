from __future__ import annotations

import hashlib

import pytest

from core import merkle


def _reference(leaves: list[bytes]) -> bytes:
    """RFC 6962, 2.1, word for word."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\x01" + _reference(leaves[:k]) + _reference(leaves[k:])).digest()


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 8, 9, 31, 100])
def test_each_leaf_leads_to_the_root_of_rfc_6962(count: int) -> None:
    leaves = [f"leaf {i}".encode() for i in range(count)]
    assert merkle.root(leaves) == _reference(leaves).hex()
    for index, path in enumerate(merkle.paths(leaves, range(count))):
        assert merkle.climb(leaves[index], index, count, path) == merkle.root(leaves)
        assert merkle.climb(leaves[index] + b".", index, count, path) != merkle.root(leaves)


def test_of_nothing_there_is_a_root_and_no_way_to_it() -> None:
    assert merkle.root([]) == hashlib.sha256(b"").hexdigest()
    with pytest.raises(ValueError, match="not among"):
        merkle.climb(b"", 0, 0, [])


@pytest.mark.parametrize("change", [-1, 1])
def test_a_path_of_another_length_leads_nowhere(change: int) -> None:
    leaves = [b"a", b"b", b"c", b"d"]
    path = merkle.paths(leaves, [0])[0]
    path = path[:-1] if change < 0 else [*path, path[0]]
    with pytest.raises(ValueError, match="too"):
        merkle.climb(b"a", 0, 4, path)


def test_a_path_and_a_place_are_written_in_one_form_alone() -> None:
    leaves = [b"a", b"b", b"c"]
    (path,) = merkle.paths(leaves, [0])
    assert merkle.climb(b"a", 0, 3, path) == merkle.root(leaves)
    for other in ([path[0].upper(), path[1]], [f" {path[0]}", path[1]], [path[0], path[1][:62]], [path[0], ""]):
        with pytest.raises(ValueError, match="no digest"):
            merkle.climb(b"a", 0, 3, other)
    for place, count in ((0.0, 1), (False, 1), (0, True)):
        with pytest.raises(ValueError, match="is not among"):
            merkle.climb(b"a", place, count, [])  # type: ignore[arg-type]
