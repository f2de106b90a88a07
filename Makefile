# Every command a developer, an operator trying the portal out, or CI needs. The work is done by scripts/.

PORT ?= 8000
# Demo data on first start, unless the environment says otherwise (PORTAL_DEMO=0).
PORTAL_DEMO ?= 1

.PHONY: help run test drill bench lint clean

help:  ## what there is (this list)
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile

run: export PORT := $(PORT)
run: export PORTAL_DEMO := $(PORTAL_DEMO)
run:  ## the portal at http://127.0.0.1:8000 (PORT= changes it), with demo data on first start
	@scripts/ensure-venv
	@exec .venv/bin/python app.py --prepare

test:  ## lint, all tests on SQLite and PostgreSQL, coverage
	@scripts/test

drill:  ## kills, double schedulers, bombs, backup and restore (QUICK=1: fewer rounds)
	@scripts/ensure-venv dev
	@.venv/bin/python -m drills $(if $(QUICK),--quick)

bench:  ## speed and weight of pages
	@scripts/ensure-venv dev
	@.venv/bin/python -m bench

lint:  ## ruff, mypy, djlint; changes nothing
	@scripts/lint

clean:  ## remove everything make made; the data in instance/ stays
	rm -rf .venv mutants htmlcov test-results .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
