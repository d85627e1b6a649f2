"""Lists of segments that say in a few bytes what no memory holds."""

from __future__ import annotations

import time

import pytest

from collectors.video_manifests import is_endless

MPD = '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" mediaPresentationDuration="{}"><Period>{}'


def mpd(length: str, inside: str) -> bytes:
    return (MPD.format(length, inside) + "</Period></MPD>").encode()


def template(attributes: str, qualities: int = 6) -> str:
    return f"<AdaptationSet><SegmentTemplate {attributes}/>" + "<Representation id='1'/>" * qualities


def timeline(times: str) -> str:
    return f"<SegmentTemplate media='$Number$.m4s'><SegmentTimeline><S d='4' r='{times}'/></SegmentTimeline>"


@pytest.mark.parametrize("body", [
    mpd("PT99999999S", template('duration="1" timescale="1000"')),
    mpd("PT5S", template('media="s$Number%099999999d$"')),
    mpd("P9999Y", template('duration="2"')), mpd("PT1H", template('duration="1" timescale="999999999"')),
    mpd("PT1H", template('duration="0"')), mpd("PT5S", timeline("9" * 30)), mpd("PT5S", timeline("900000")),
    b'<SmoothStreamingMedia><StreamIndex><c t="0" d="2" r="99999999999"/></StreamIndex></SmoothStreamingMedia>',
    b"#EXTM3U\n" + b"#EXTINF:1,\na\n" * 1_000_000,
])  # fmt: skip
def test_what_would_never_end_is_told(body: bytes) -> None:
    begun = time.process_time()
    assert is_endless(body)
    assert time.process_time() - begun < 1


@pytest.mark.parametrize("body", [
    b"", b"<html>", b"\x00\x00\x00 ftypmp42" * 1_000, b"#EXTM3U\n" + b"#EXTINF:4,\na.ts\n" * 43_200,
    mpd("PT2H14M3.5S", template('media="$Number%05d$.m4s" duration="96000" timescale="24000"')),
    mpd("P1DT2H", template('duration="2"')), mpd("PT1H", timeline("1799") * 6),
    mpd("PT1H", "<BaseURL>whole.mp4</BaseURL>"), mpd("P99999Y", "<BaseURL>whole.mp4</BaseURL>"),
])  # fmt: skip
def test_real_lengths_are_no_matter(body: bytes) -> None:
    assert not is_endless(body)
