# Every command of the house, for a machine with git, make, g++ and Python >= 3.11; `make help` lists
# them. What they make goes to .venv, build and client/node_modules; stamps say what is up to date.

HOST ?= 127.0.0.1
PORT ?= 8000
VENV ?= .venv
HEADERS_VENV ?= $(VENV) # whose Boost and nlohmann-json the package is built with
PYTEST_ARGS ?=
BENCH_ARGS ?=

export PATH := $(abspath $(VENV))/bin:$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export CXX # one name for it in all builds: ccache tells names apart
STAMPS := $(VENV)/.stamps
PIP_INSTALL := $(VENV)/bin/python -m pip install --quiet
PYTEST := $(VENV)/bin/python -m pytest $(PYTEST_ARGS)

# Folders are listed too: their time changes when a file is removed.
WHEEL_SOURCES := pyproject.toml CMakeLists.txt client/dist/client.js \
  $(shell find cmake cpp python -name __pycache__ -prune -o -name '*.so' -o -print)
CXX_FILES = $(shell find cpp tests/cpp benchmarks examples -name '*.[ch]pp' 2>/dev/null)

# What `make test` runs: what is quick and finds most comes first. CHECKS are the slow ones, each a
# second look at the same tests: together they would take CI beyond an hour.
PARTS := layering lint ts-test cpp-test py-test guide-test browser-test wheel-test cpp-install-test \
  autobahn py-versions tidy
CHECKS := asan tsan clang py-asan coverage
SYSTEM := system-gtest system-node system-chromium system-clang

.NOTPARALLEL:
.PHONY: help demo test checks bench bench-check $(PARTS) $(CHECKS) release version-test
.PHONY: venv install client wheel format clean distclean $(SYSTEM)

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z].*## / { printf "  make %-28s %s\n", $$1, $$2 }' Makefile

# ---- to use it

demo: install ## serve the counter at http://127.0.0.1:8000 (HOST=, PORT=)
	@exec statelink run examples/counter/app.py --host $(HOST) --port $(PORT)

install: $(STAMPS)/package ## build the package and install it into .venv

wheel: build/dist/.stamp ## build the sdist, and the wheel from it in isolation, into build/dist

# ---- to test it

test: ## set up all that the tests need, and run them all
	@scripts/run_parts.sh $(PARTS)

checks: ## the slow checks: sanitizers, clang++, coverage
	@scripts/run_parts.sh $(CHECKS)

layering: $(STAMPS)/dev ## who may include and import whom
	$(PYTEST) tests/layering

lint: $(STAMPS)/dev ## ruff, mypy --strict and clang-format
	ruff check .
	ruff format --check .
	mypy
	clang-format --dry-run --Werror $(CXX_FILES)

cpp-test: build/dev/build.ninja ## the C++ tests
	cmake --build --preset dev
	ctest --preset dev

ts-test: client/node_modules/.stamp ## the browser client: types, tests, and its committed bundle
	cd client && npm run check && npm test && npm run verify-bundle

py-test: install $(STAMPS)/dev ## the Python tests
	$(PYTEST) tests/python

guide-test: install $(STAMPS)/dev ## what the user guide promises
	$(PYTEST) tests/guide

browser-test: install $(STAMPS)/dev system-chromium ## the examples in a real browser
	$(PYTEST) tests/browser

wheel-test: wheel ## what is in the wheel, and that it works by itself
	$(VENV)/bin/python scripts/check_wheel.py build/dist

cpp-install-test: build/dev/build.ninja ## the installed C++ libraries, used by another project
	scripts/check_install.sh

release asan tsan: $(STAMPS)/dev system-gtest ## the C++ tests, built in this way
	cmake --workflow --preset $@

clang: $(STAMPS)/dev system-gtest system-clang ## all C++ compiled by clang++, and its tests
	cmake --workflow --preset clang

py-asan: install $(STAMPS)/dev ## the Python tests with the sanitizers in the extension module
	scripts/py_asan.sh $(VENV) $(PYTEST_ARGS)

py-versions: $(STAMPS)/venv ## the Python tests under the other versions that we support
	@scripts/py_versions.sh $(VENV)

version-test: install $(STAMPS)/tests # what py-versions runs for each
	$(PYTEST) tests/python

tidy: $(STAMPS)/dev $(STAMPS)/tidy system-gtest ## clang-tidy over all C++
	cmake --workflow --preset tidy
	$(VENV)/bin/python scripts/tidy.py build/tidy

coverage: install $(STAMPS)/dev $(STAMPS)/coverage system-gtest ## lines of C++ and Python that the tests reach
	cmake --workflow --preset coverage
	$(VENV)/bin/python scripts/report_coverage.py

autobahn: build/dev/build.ninja ## the Autobahn test suite against the server; needs a Python 2.7
	@scripts/autobahn.sh

# ---- to measure it

bench-check: install $(STAMPS)/dev ## that the benchmarks work and counts are as designed; no times
	$(VENV)/bin/python -m benchmarks.harness.install native
	$(PYTEST) benchmarks/tests
	$(VENV)/bin/python -m benchmarks.harness --brief --python $(VENV)/bin/python --out build/benchmarks/check.json

bench: $(STAMPS)/dev $(STAMPS)/bench system-node ## all benchmarks beside all peers, into build/benchmarks; about an hour (BENCH_ARGS=)
	$(VENV)/bin/python -m benchmarks.harness.install
	$(VENV)/bin/python -m benchmarks.harness --out build/benchmarks/results.json $(BENCH_ARGS)

# ---- to change it

client: client/node_modules/.stamp ## build the browser client into client/dist, to be committed
	cd client && npm run build

format: $(STAMPS)/dev ## format Python and C++
	ruff check --fix-only .
	ruff format .
	clang-format -i $(CXX_FILES)

clean: ## remove what was built
	rm -rf build $(STAMPS)/package

distclean: clean ## remove what was installed, too
	rm -rf $(VENV) client/node_modules

# ---- what the commands need

$(SYSTEM): system-%:
	@scripts/ensure_system.sh $* $(VENV)

venv: $(STAMPS)/venv

$(STAMPS)/venv: pyproject.toml scripts/make_venv.sh
	@echo "Setting up $(VENV) ..."
	@scripts/make_venv.sh $(VENV)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/dev: $(STAMPS)/venv
	$(PIP_INSTALL) --group dev
	@touch $@

$(STAMPS)/tests $(STAMPS)/tidy $(STAMPS)/coverage $(STAMPS)/bench: $(STAMPS)/%: $(STAMPS)/venv
	$(PIP_INSTALL) --group $*
	@touch $@

# The stamp's time is that of the start: what is edited during the build is built the next time.
# The build folder stays. Its compiler flags are those of preset `dev`, so that ccache serves both.
$(STAMPS)/package: $(STAMPS)/venv $(WHEEL_SOURCES)
	@echo "Building the package (the first time takes a minute or two) ..."
	@touch $@.start
	@$(PIP_INSTALL) --no-build-isolation . \
	  -C build-dir='build/{wheel_tag}' -C install.strip=false -C cmake.build-type=RelWithDebInfo \
	  -C cmake.define.STATELINK_LTO=OFF -C cmake.define.STATELINK_WERROR=ON \
	  -C cmake.define.STATELINK_HEADERS_PYTHON=$(abspath $(HEADERS_VENV))/bin/python
	@mv $@.start $@

build/dev/build.ninja: CMakePresets.json | $(STAMPS)/dev system-gtest
	cmake --preset dev

build/dist/.stamp: $(WHEEL_SOURCES) README.md | $(STAMPS)/dev
	@rm -rf build/dist && mkdir -p build/dist && touch $@.start
	$(VENV)/bin/python -m build --outdir build/dist
	@mv $@.start $@

client/node_modules/.stamp: client/package-lock.json | $(STAMPS)/venv system-node
	cd client && npm ci --no-audit --no-fund
	@mkdir -p $(@D) && touch $@
