"""Time stamps in the demo: two authorities of this machine, clearly invented, pinned for its workspace alone."""

from __future__ import annotations

import hashlib
import shlex
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from demo.server import Server
    from evidence.checks import Trust
    from runner.workspace import Workspace


def authorities_file(replicas: Server) -> str:
    """Return what pins the invented authorities, whose roots are made anew each time."""
    rows = []
    for host, authority in replicas.authorities.items():
        pem = authority.root_pem()
        digest = hashlib.sha256(b64decode("".join(pem.splitlines()[1:-1]))).hexdigest()
        name = host.partition(".")[0]
        root = {"sha256": digest, "published": "nowhere: it is invented", "pem": pem}
        rows.append({"id": name, "url": f"http://{host}/", "owner": f"{name} (invented)", "roots": [root]})
    return yaml.safe_dump(rows, sort_keys=False)


def stamp_day(workspace: Workspace, tell: Callable[[str], None]) -> None:
    """Seal what the day brought, and say who confirmed when it existed."""
    from runner.stamping import seal_new

    done = seal_new(workspace)
    there = [answer.authority for _, answer in done.answers if answer.state == "stamped"]
    by = f"; stamped by {' and '.join(there)}, authorities of this machine" if there else ""
    tell(f"  Sealed: {done.leaves} records and heads of logs{by}.")


def trust(workspace: Workspace) -> Trust:
    """Return what checks the demo's bundle: the invented authorities are believed here, and nowhere else."""
    from runner import verify

    return verify.trust(workspace)


def elsewhere(workspace: Workspace, bundle: Path) -> list[str]:
    """Say how to verify a bundle away from its workspace, where nobody has pinned the invented authorities."""
    pins = workspace.root / workspace.settings.timestamps.own
    return [
        "  Elsewhere a time stamp fails unless its authority is pinned; the demo's are invented, so name them:",
        f"  copytrail verify {shlex.quote(str(bundle))} --pin {shlex.quote(str(pins))}",
    ]
