# Two commands: `make demo` and `make test`. Both set up what they need.
.PHONY: demo setup dev test check docs bench prove conformance update lock clean

demo: setup
	@.venv/bin/wherry demo

setup:
	@scripts/setup user

dev:
	@scripts/setup dev

test: dev check
	@.venv/bin/python -m pytest -q

check:
	@[ -x .venv/bin/ruff ] || scripts/setup dev
	@.venv/bin/ruff check --quiet .
	@.venv/bin/ruff format --quiet --check .
	@.venv/bin/mypy --no-error-summary
	@.venv/bin/lint-imports --no-logo >.import-linter.log 2>&1 || { tail -40 .import-linter.log; exit 1; }
	@rm -f .import-linter.log
	@.venv/bin/python -m pytest -q -x tests/tidy

# The documentation site: build/docs/html. Broken links and pages that nobody can find are errors.
docs: dev
	@.venv/bin/python -m handbook

bench: dev
	@.venv/bin/python -m benchmarks

# The prover is proved: guilty applications and innocents, read and tried live; writes docs/prover.md. It takes hours;
# whoever ends it goes on with PROVE_OPTIONS=--continue.
prove: dev
	@.venv/bin/python -m pytest -q tests/method
	@.venv/bin/python -m benchmarks.prover --own $${PROVE_OWN_REPEAT:-20} --repeat $${PROVE_REPEAT:-1} $${PROVE_OPTIONS:-}

# Runs the tests of Kubernetes' conformance list that are written, and says box by box what passes.
conformance: dev
	@.venv/bin/python -m pytest -q -m box --conformance-report=docs/conformance.md tests/conformance tests/clients tests/e2e

# Rewrites what is generated: the locked dependencies.
lock: dev
	@.venv/bin/python -m pip install --quiet uv
	@.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --no-annotate --no-header --generate-hashes --group build -o requirements.txt pyproject.toml
	@.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --no-annotate --no-header --generate-hashes --group dev -o requirements-dev.txt pyproject.toml

clean:
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build src/*.egg-info
