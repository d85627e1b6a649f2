"""How fast an archive is sealed, and how fast the places of many records are found among many seals.

Run: .venv/bin/python -m benchmarks.seal_archive
"""

from __future__ import annotations

import random
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from archive import seal_checks, seals
from archive.warc import WarcWriter
from core.exchange import Exchange
from core.times import StillClock

AT = datetime(2024, 5, 1, tzinfo=UTC)
SEALS, EACH, BODY, WANTED = 100, 200, 20_000, 5_000


def main() -> None:
    """Print the numbers."""
    rng = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        archive, covered, ids = Path(folder) / "archive", dict[str, int](), list[str]()
        sealing = 0.0
        for number in range(SEALS):
            with WarcWriter(archive / "warc", software="b", clock=StillClock(AT)) as writer:
                for n in range(EACH):
                    body = rng.randbytes(BODY)
                    ids.append(writer.record(Exchange("GET", f"https://a.example/{n}", (), b"", AT, 200, body=body)))
            begun = time.perf_counter()
            made = seals.make(archive, covered, [], at=AT + timedelta(seconds=number), software="b")
            sealing += time.perf_counter() - begun
            assert made is not None
            covered |= {s.file: s.until for s in made.stretches}
        size = sum(path.stat().st_size for path in (archive / "warc").iterdir())
        wanted = rng.sample(ids, WANTED)
        begun = time.perf_counter()
        assert len(seals.place_of(archive / "seals", wanted)) == WANTED
        places = time.perf_counter() - begun
        begun = time.perf_counter()
        assert not [f for seal in seals.ids(archive / "seals") for f in seal_checks.damaged(archive, seal)]
        checking = time.perf_counter() - begun
    print(f"{size / 1e6:.0f} MB in {SEALS} seals: sealed at {size / 1e6 / sealing:.0f} MB/s, "
          f"read again at {size / 1e6 / checking:.0f} MB/s; places of {WANTED} records in {places:.2f} s")  # fmt: skip


if __name__ == "__main__":
    main()
