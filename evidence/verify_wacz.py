"""Check one WACZ, ours or foreign, wherever it lies: alone, in a folder, or stored in a case bundle."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from functools import partial
from typing import TypeVar

from core.errors import BadInput
from evidence.checks import Check, Trust, Wacz
from evidence.files import Files
from evidence.verify_custody import check_custody, check_signature
from evidence.verify_package import check_container, check_digest, check_files, check_manifest, check_package
from evidence.verify_posts import check_item, check_posts
from evidence.verify_records import check_index, read_records
from evidence.verify_times import check_seals, check_signed_time
from evidence.verify_told import check_receipts

SHAPE = (LookupError, TypeError, ValueError, AttributeError, OverflowError, RecursionError)
_Looked = TypeVar("_Looked")
Step = Callable[[Wacz], Iterator[Check]]


def verify_wacz(files: Files, trust: Trust, pool: Executor | None) -> tuple[Wacz, list[Check]]:
    """Return a WACZ as it was read, and the outcome of every check of it; nothing is raised, whatever stands in it."""
    wacz = Wacz(files, trust)
    if pool is not None:
        files.digest_all(pool)
    read: Step = partial(read_records, pool=pool)
    steps: tuple[tuple[str, Step], ...] = (
        ("package", check_package), ("package digest", check_digest), ("files", check_files),
        ("container", check_container), ("manifest", check_manifest), ("archived answers", read),
        ("index", check_index), ("seals", check_seals), ("custody", check_custody), ("post", check_item),
        ("posts", check_posts), ("signature", check_signature), ("time of signing (T2)", check_signed_time),
        ("OpenTimestamps", check_receipts),
    )  # fmt: skip
    checks: list[Check] = []
    for name, step in steps:
        checks += guarded(name, step, wacz)
        if name == "package" and not wacz.package:
            break  # nothing else can be said of it
    return wacz, checks


def guarded(name: str, step: Callable[[_Looked], Iterator[Check]], at: _Looked) -> Iterator[Check]:
    """Yield the checks of a step; what hostile JSON of any shape breaks is a failed check, not a failed program."""
    try:
        yield from step(at)
    except BadInput as error:
        yield Check(name, "failed", f"{error.sentence.rstrip('.')}.")
    except SHAPE as error:
        says = f"what is read here has another shape than ours ({type(error).__name__}: {str(error)[:200]})."
        yield Check(name, "failed", says)
