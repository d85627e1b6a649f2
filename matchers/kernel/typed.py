"""Compile a function with numba, keep the machine code on disk, and let go of the interpreter while it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., object])


def compiled(signature: str) -> Callable[[F], F]:
    """Return a decorator that compiles for exactly one signature, once a machine and version of the code."""
    return cast("Callable[[F], F]", njit(signature, cache=True, nogil=True))
