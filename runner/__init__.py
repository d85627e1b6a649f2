"""Joins the stations; nothing imports it."""
