"""Every address of the published list of one known network is recognised, and its host stands in docs/hosts.md."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from runner.recognise import address, recognise
from tests.recorded import walks

LIST = "Q2_2023__Q2_2023_Spamouflage_China_based_CIB_updated.csv"
FILE = walks.FOLDER.parents[1] / "data" / "meta-threat-research" / "csv" / LIST
TABLE = Path(__file__).parents[2] / "docs" / "hosts.md"

pytestmark = [
    pytest.mark.recorded,
    pytest.mark.skipif(not FILE.is_file(), reason="the published list does not lie beside the project"),
]


def addresses() -> list[str]:
    """Return the cells of the list that hold an address, as published."""
    with FILE.open(encoding="utf-8", newline="") as file:
        cells = [cell.strip() for row in csv.reader(file) for cell in row]
    return [cell for cell in cells if re.match(r"https?://", cell)]


def test_every_address_is_recognised_with_platform_kind_and_identity() -> None:
    every = addresses()
    assert len(every) == 250
    for written in every:
        source, target, _ = recognise(written, environment={})
        assert source.priority > -90, f"{written}: no platform of its own, {source.id}"
        assert target.kind in source.names, written
        assert target.identity, written
        assert target.identity != target.url, written


def test_every_host_stands_in_the_table_with_what_reads_it_today() -> None:
    rows = [row.split(" | ") for row in TABLE.read_text(encoding="utf-8").splitlines() if row.startswith("| ")]
    listed = {(host.removeprefix("| "), source.strip("`")) for host, _, source, _ in rows}
    for written in addresses():
        host = re.sub(r"^https?://(?:www\.)?", "", address(written)).split("/")[0]
        source, _, _ = recognise(written, environment={})
        hosts = {host, f"*.{host.partition('.')[2]}"}
        assert any((name, source.id) in listed for name in hosts), f"{host}: {source.id}"
