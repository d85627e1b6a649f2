"""Bytes that must not change: every exchange as WARC, read again by replay, and blobs by their digest."""
