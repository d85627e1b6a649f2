# Two commands a newcomer needs: `make demo` (the main job) and `make test` (everything). Both set themselves up.
PY := .venv/bin/python

.PHONY: demo test setup setup-dev check unit lock bench

demo: setup
	.venv/bin/copytrail demo

test: setup-dev check unit

setup:
	@scripts/setup.sh run
	@scripts/browser.sh
	@scripts/ffmpeg.sh

setup-dev:
	@scripts/setup.sh dev
	@scripts/browser.sh
	@scripts/ffmpeg.sh

check:
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy .
	.venv/bin/lint-imports --no-cache

unit:
	$(PY) -m pytest -n auto --dist loadfile -q

bench: setup-dev
	$(PY) benchmarks/import_posts.py
	$(PY) benchmarks/match_text.py
	$(PY) benchmarks/page_capture.py --large
	$(PY) -m benchmarks.media

lock:
	scripts/lock.sh
