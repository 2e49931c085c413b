# `make serve` sets Zhiwen up and starts it; `make help` lists the rest.
# Variables: PORT, HOST, GPU=off, TORCH_INDEX=<index with another torch>, CMAKE_ARGS, PYTHON, ARGS (for pytest),
# WORKERS (how many processes run the tests; 0 runs them in the one that is called).
# Works with GNU make 3.81 and later.

BIN := .venv/bin
MADE_WITH := $(shell sed -n 's/^executable = //p' .venv/pyvenv.cfg 2>/dev/null)
CANDIDATES := $(MADE_WITH) python3 python3.13 python3.12 python3.11 python3.14
RIGHT_PYTHON := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))

# A person's own choice, or the Python of .venv, or the first one that fits.
ifeq ($(origin PYTHON),undefined)
PYTHON := $(shell for p in $(CANDIDATES); do $$p -c '$(RIGHT_PYTHON)' 2>/dev/null && echo $$p && break; done)
endif

# Only from the command line: HOST and PORT are often set for other reasons.
ifeq ($(origin PORT),command line)
export ZHIWEN_PORT := $(PORT)
endif
ifeq ($(origin HOST),command line)
export ZHIWEN_HOST := $(HOST)
endif

# Files of tests side by side, in their order: the small ones come last and fill the gaps.
WORKERS := 2
PYTEST := $(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

INSTALL := @test -n "$(PYTHON)" || { \
	echo "Zhiwen needs Python 3.11 to 3.14. Debian, Ubuntu: sudo apt install python3 python3-venv;"; \
	echo "Fedora: sudo dnf install python3.12; macOS: brew install python@3.12. Then run make again."; exit 1; }; \
	"$(PYTHON)" -m tools.install

.PHONY: help serve install test-tools test test-all check format screenshots bench bench-full bench-guard bench-parse audit sbom pins

help:
	@echo "make serve     set up what is missing (packages, default weights), then start on 127.0.0.1:8000"
	@echo "make test      the fast tests and a sample of every slow one"
	@echo "make test-all  every test in full"
	@echo "make check     ruff, mypy, import-linter"
	@echo "make format    rewrite the code in the one format that make check accepts"
	@echo "make screenshots  draw every state of every page into docs/screenshots"
	@echo "make bench    measure speed beside the stack that people would otherwise build; writes docs/benchmarks.md"
	@echo "make bench-full  the same in the long form, which takes many hours"
	@echo "make bench-guard  measure a few of its ratios anew; fails where one is worse than docs/benchmarks.md has it,"
	@echo "                  and not where other programs are at work or this computer has no results there"
	@echo "make bench-parse  measure parsing beside its peers (those of bench/requirements.txt that are installed)"
	@echo "make audit     look every pinned package up among known vulnerabilities"
	@echo "make sbom      write what Zhiwen is made of into sbom.cdx.json: packages, licences, hashes, weights (CycloneDX)"
	@echo "make pins      resolve pyproject.toml into the requirements files again (needs uv)"

install:
	$(INSTALL)

serve: install
	@$(BIN)/zhiwen models pull --defaults
	@exec $(BIN)/zhiwen serve

test-tools:
	$(INSTALL) --test

test: test-tools
	@$(BIN)/zhiwen models pull --defaults
	@$(PYTEST) $(ARGS)

test-all: test-tools
	@$(BIN)/zhiwen models pull --defaults
	@$(PYTEST) --full $(ARGS)

check: test-tools
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

format: test-tools
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

screenshots: test-tools
	@$(BIN)/python -m tests.screenshots

bench: test-tools
	@$(BIN)/zhiwen models pull --defaults
	@$(BIN)/python -m bench.speed --minutes 80 $(ARGS)

bench-full: test-tools
	@$(BIN)/zhiwen models pull --defaults
	@$(BIN)/python -m bench.speed --full --questions 60 --rounds 5 --work data/bench-speed-full $(ARGS)

# A status of 3 says that nothing can be told here, which is no failure.
bench-guard: test-tools
	@$(BIN)/zhiwen models pull --defaults
	@$(BIN)/python -m bench.speed --guard $(ARGS); status=$$?; [ $$status -eq 3 ] || exit $$status

bench-parse: test-tools
	@$(BIN)/python -m bench.parse $(ARGS)

audit: test-tools
	@$(BIN)/python -m tools.audit

sbom: test-tools
	@$(BIN)/python -m tools.sbom

pins:
	@$(PYTHON) -m tools.compile_pins $(ARGS)
