"""The number of a post and the code of its address stand for each other."""

from __future__ import annotations

import pytest

from core.shortcodes import code_of, number_of


@pytest.mark.parametrize(("number", "code"), [(64, "BA"), (3456789012345678901, "C_4-S8p3wQ1"[:11])])
def test_there_and_back(number: int, code: str) -> None:
    assert number_of(code_of(number)) == str(number)
    assert code_of(number_of(code_of(number))) == code_of(number)
    assert len(code_of(number)) <= len(code) <= 11


def test_the_author_after_the_number_does_not_count() -> None:
    assert code_of("64_999") == code_of(64) == "BA"
    assert number_of("BA") == "64"


@pytest.mark.parametrize("wrong", ["", "abc", "0", "-5", "9" * 30])
def test_what_is_no_number(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"no number|invalid literal"):
        code_of(wrong)


def test_what_is_no_code() -> None:
    with pytest.raises(ValueError, match="no code"):
        number_of("a b")
    assert number_of("BAAAAAAAAAAxyz") == number_of("BAAAAAAAAAA")
