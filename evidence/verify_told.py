"""Say of a case bundle what was not compared: what people read in it, its verify.py, and receipts of OpenTimestamps."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version

from evidence.checks import Check, Wacz
from evidence.files import Files

CHECKER = "verify.py"
_READ = "README.html, report.pdf, method.md, tables and figures"
_MOST = 10**6  # bytes of a verify.py that are compared


def told(files: Files) -> Iterator[Check]:
    """Yield what the signature covers without anybody here having held it to the exhibits."""
    says = (
        f"{_READ} were not compared with the archived answers: that they are unchanged since the signature is all "
        "that is shown of them."
    )
    yield Check("what people read", "not_checked", says)
    if CHECKER in files.names():
        yield _checker(files)


def _checker(files: Files) -> Check:
    """Return whether the program that the bundle carries is ours: who runs it gives it the whole machine."""
    from evidence.joining import verify_py

    ours, made = verify_py(), f"copytrail {version('copytrail')}"
    if files.size(CHECKER) == len(ours) and files.read(CHECKER, _MOST) == ours:
        return Check(CHECKER, "proved", f"It is byte for byte the one that {made} writes.")
    says = f"{CHECKER} is not the one that {made} writes: do not run it; take one from the project."
    return Check(CHECKER, "not_checked", says)


def check_receipts(wacz: Wacz) -> Iterator[Check]:
    """Say of each receipt in a WACZ that it was not looked at."""
    yield from (
        receipt(name) for name in sorted(wacz.present) if name.startswith("evidence/") and name.endswith(".ots")
    )


def receipt(name: str) -> Check:
    """Return what is said of a receipt of OpenTimestamps, which stands for no time before it is checked elsewhere."""
    says = (
        f"{name} is a receipt of OpenTimestamps: it is not looked at here, and shows nothing until `ots verify` holds "
        "it to the blocks of Bitcoin."
    )
    return Check("OpenTimestamps", "not_checked", says)
