"""Measure verify: MB/s of the file and of what it unpacks to, beside `wacz validate` and sha256sum, in one run.

    .venv/bin/python benchmarks/verify_bundle.py [--mb 300]

Two WACZ of invented answers: one whose bodies do not pack (pictures, videos), one whose bodies pack well (pages).
"""

from __future__ import annotations

import argparse
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import zlib
from io import BytesIO
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from archive.warc import WarcWriter
from core.exchange import Exchange
from core.times import StillClock
from evidence.members import members
from evidence.verify import verify
from tests.evidence import forge

_WORDS = [f"word{n}" for n in range(4_000)]


def bodies(kind: str, total: int) -> list[bytes]:
    """Return bodies that together take about `total` bytes of a file."""
    chance = random.Random(5)
    if kind == "incompressible":
        sizes = [chance.choice((60_000, 400_000, 6_000_000)) for _ in range(10_000)]
        out, size = list[bytes](), 0
        for each in sizes:
            if size >= total:
                break
            out.append(chance.randbytes(each))
            size += each
        return out
    page = [" ".join(chance.choices(_WORDS, k=30_000)).encode() for _ in range(8)]
    packed = sum(len(zlib.compress(p)) for p in page) / 8
    return [page[n % 8] for n in range(int(total / packed))]


def made(folder: Path, kind: str, total: int) -> tuple[Path, forge.World]:
    """Write a signed and stamped WACZ of such answers."""
    world = forge.World(folder / kind)
    exhibit = forge.exhibits(world)[0]
    with WarcWriter(folder / kind / "big", software="bench/1", clock=StillClock(forge.AT), rollover=10**12) as warc:
        for n, body in enumerate(bodies(kind, total)):
            headers = (("Content-Type", "text/html"), ("Content-Length", str(len(body))))
            warc.record(Exchange(method="GET", url=f"https://harbour.example/big/{n}", request_headers=(),
                                 request_body=b"", captured_at=forge.AT, status=200, reason="OK", headers=headers,
                                 body=body))  # fmt: skip
    (path,) = (folder / kind / "big").glob("*.warc.gz")
    data = path.read_bytes()
    first = next(members(BytesIO(data)))
    files = forge.with_warc(exhibit, exhibit[forge.WARC] + data[first.length :])
    (wacz,) = forge.signed([forge.listed(files)], world.identity, stamp=world.second)
    out = folder / f"{kind}.wacz"
    out.write_bytes(forge.zipped(wacz))
    return out, world


def timed(label: str, size: float, unpacked: float, command: list[str]) -> None:
    begun = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True)
    took = time.perf_counter() - begun
    print(f"  {label:28} {took:7.2f} s  {size / took:7.0f} MB/s of the file  {unpacked / took:7.0f} MB/s unpacked"
          f"{'' if done.returncode == 0 else '  FAILED'}")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--mb", type=int, default=300)
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    told = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        for kind in ("incompressible", "compressible"):
            path, world = made(folder, kind, told.mb * 10**6)
            size = path.stat().st_size / 1e6
            begun, clock = time.perf_counter(), time.process_time()
            checks = verify(path, world.trust)
            took, used = time.perf_counter() - begun, time.process_time() - clock
            assert not [c for c in checks if c.result == "failed"], checks
            unpacked = (
                sum(r.block_length for r in forge.records_of(forge.unzipped(path.read_bytes())[forge.WARC])) / 1e6
            )
            print(f"{kind}: {size:.0f} MB, {unpacked:.0f} MB unpacked")
            print(f"  {'verify':28} {took:7.2f} s  {size / took:7.0f} MB/s of the file  {unpacked / took:7.0f} MB/s "
                  f"unpacked  ({used:.1f} s of processor time)")  # fmt: skip
            timed("sha256sum", size, unpacked, ["sha256sum", str(path)])
            code = "import sys; from wacz.main import main; sys.exit(main())"
            timed("wacz validate", size, unpacked, [sys.executable, "-c", code, "validate", "-f", str(path)])
    finally:
        shutil.rmtree(folder)
    print(
        f"peak memory with the making of the bundles: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:.0f} MB"
    )


if __name__ == "__main__":
    main()
