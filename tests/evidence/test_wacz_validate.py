"""The reference validator accepts what we seal. It is a tool of the tests only: it depends on AGPL code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.evidence.evidence_cases import sealed


def test_the_reference_validator_accepts_the_bundle(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import sys; from wacz.main import main; sys.exit(main())"]
    done = subprocess.run([*command, "validate", "-f", str(sealed(tmp_path).path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "is valid" in done.stdout + done.stderr
