"""Compile functions with numba, keep the machine code on disk, and let go of the interpreter while they run.

Only what Python calls is declared with a signature and loaded at the start; its parts are compiled into it, which makes
loading three times faster. A part must stand in the same file as what uses it: numba watches no other file for changes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit, types
from numba.extending import intrinsic

F = TypeVar("F", bound=Callable[..., object])


def compiled(signature: str) -> Callable[[F], F]:
    """Return a decorator that compiles for exactly one signature, once a machine and version of the code."""
    return cast("Callable[[F], F]", njit(signature, cache=True, nogil=True))


def part(function: F) -> F:
    """Make a function a part of the compiled functions that call it."""
    return cast("F", njit(function, nogil=True))


@intrinsic  # type: ignore[untyped-decorator]
def ones(typing: Any, word: Any) -> Any:
    """Count the ones of a 64-bit word by the processor's own instruction; it stands here, for it never changes."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), code
