"""Turn the number of an Instagram or Threads post into the code its address shows, and back."""

from __future__ import annotations

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_VALUES = {letter: value for value, letter in enumerate(_LETTERS)}
_PUBLIC = 11  # letters that carry the number; longer codes add the key of a closed account


def code_of(number: int | str) -> str:
    """Return the code of a post's number ("2317006284167526179" -> "CAnqPB-Jzcj"); the part after "_" is its author."""
    rest = int(str(number).split("_", 1)[0])
    if not 0 < rest < 2**63:
        raise ValueError(f"{number!r} is no number of a post")
    code = ""
    while rest:
        rest, value = divmod(rest, 64)
        code = _LETTERS[value] + code
    return code


def number_of(code: str) -> str:
    """Return the number that a code stands for; raise ValueError where it is no code."""
    number = 0
    for letter in code[:_PUBLIC]:
        if letter not in _VALUES:
            raise ValueError(f"{code[:40]!r} is no code of a post")
        number = number * 64 + _VALUES[letter]
    return str(number)
