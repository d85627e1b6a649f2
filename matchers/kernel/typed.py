"""Compile functions with numba, keep the machine code on disk, and let go of the interpreter while they run.

Only what Python calls is declared with a signature and loaded at the start; its parts are compiled into it, which makes
loading three times faster. A part must stand in the same file as what uses it: numba watches no other file for changes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., object])


def compiled(signature: str) -> Callable[[F], F]:
    """Return a decorator that compiles for exactly one signature, once a machine and version of the code."""
    return cast("Callable[[F], F]", njit(signature, cache=True, nogil=True))


def part(function: F) -> F:
    """Make a function a part of the compiled functions that call it."""
    return cast("F", njit(function, nogil=True))
