# Easel. `make dev` runs it, `make test` proves it; each sets up what it needs, and nothing twice.

PYTHON ?= $(or $(shell command -v python3.11),$(shell command -v python3))
PORT   ?= 8787
HOST   ?= 127.0.0.1
# What `make serve` keeps: not below .easel, which `make clean` removes.
DATA   ?= data

VENV := $(CURDIR)/.venv
STAMPS := .easel/stamps
MACHINE_PATH := $(PATH)
# The set-up brings its own Node: wrangler needs a newer one than many machines have.
export PATH := $(VENV)/bin:$(CURDIR)/node_modules/.bin:$(PATH)
export WRANGLER_SEND_METRICS := false
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONDONTWRITEBYTECODE := 1
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help: ## Lists the commands
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

# --- Running ---------------------------------------------------------------------------------

.PHONY: dev
dev: running ## Runs Easel on the built-in sandbox: no account needed [PORT=8787, any variable]
	@PYTHONPATH=src exec python -m tools.dev --port "$(PORT)" --host "$(HOST)" --sandbox

.PHONY: live
live: running ## Runs Easel against the real services of wrangler.toml and .dev.vars [PORT=8787, HOST=127.0.0.1]
	@PYTHONPATH=src exec python -m tools.dev --port "$(PORT)" --host "$(HOST)"

.PHONY: serve
serve: build ## The same for as long as it takes, without wrangler [PORT, HOST, DATA=data, SANDBOX=1, any variable]
	@PYTHONPATH=src exec python -m tools.serve --port "$(PORT)" --host "$(HOST)" --data "$(DATA)" \
		$(if $(SANDBOX),--sandbox)

.PHONY: build
build: running $(STAMPS)/dist ## Builds what `make serve` runs

.PHONY: deploy
deploy: $(STAMPS)/node ## Puts Easel on your Cloudflare account, after what guards an upload
	@tools/check_login.sh
	@$(MAKE) guard
	wrangler deploy

.PHONY: button
button: $(STAMPS)/node ## Builds what is committed as Cloudflare builds a fork, without uploading it: a minute
	@tools/button.sh 10.9.2

.PHONY: guard
guard: setup $(STAMPS)/dist ## What guards an upload: types, unit tests, the snapshot, one picture
	mypy
	tsc
	pytest tests/easel tests/tools -n 2
	node --test "tests/edge/*.test.mjs"
	pytest tests/worker/test_upload.py

# Tests on workerd mostly wait: four at a time keep two cores busy. A module stays in one process.
SIDE_BY_SIDE := -n 4 --dist loadscope --no-loadscope-reorder

# --- Proving ---------------------------------------------------------------------------------

.PHONY: test
test: check unit worker browser torture-quickly ## Runs every check
	@echo "easel: every check passed"

WITH_JAVASCRIPT := public,src,tests,bench,tools

.PHONY: check
check: setup ## Format, lint, types, and who may import whom
	ruff format --check .
	ruff check .
	mypy
	PYTHONPATH=src lint-imports
	prettier --check --log-level warn "{$(WITH_JAVASCRIPT)}/**/*.{js,mjs,ts}"
	oxlint --type-aware --deny-warnings --quiet public src tests bench tools
	tsc
	for part in bench public tests/edge tests/torture tools; do tsc --project $$part || exit 1; done

.PHONY: unit
unit: setup ## The core and the tools, on CPython, and what of the edge runs on Node
	pytest tests/easel tests/tools -n 2 --cov
	node --test "tests/edge/*.test.mjs"

.PHONY: worker
worker: setup $(STAMPS)/litellm $(STAMPS)/dist ## The built Worker, on workerd
	pytest tests/worker $(SIDE_BY_SIDE)

.PHONY: browser
browser: setup $(STAMPS)/browser ## The page, in a headless Chromium
	node --test "tests/browser/*.test.mjs"
	pytest tests/browser

.PHONY: torture
torture: setup $(STAMPS)/dist ## Attacks the built Worker from all sides, and writes down the figures
	pytest tests/torture --figures docs/figures/torture-$(shell date +%F).md

.PHONY: torture-quickly
torture-quickly: setup $(STAMPS)/dist
	pytest tests/torture -m "not long"

.PHONY: format
format: setup ## Mends format and what lint can mend
	ruff check --fix .
	ruff format .
	oxlint --fix public src tests bench tools
	prettier --write --log-level warn "{$(WITH_JAVASCRIPT)}/**/*.{js,mjs,ts}"

.PHONY: openapi
openapi: setup ## Writes down what Easel serves: src/edge/openapi.json
	@PYTHONPATH=src python -m tools.openapi

.PHONY: apps
apps: setup $(STAMPS)/browser $(STAMPS)/apps ## Released chat applications in a headless Chromium: docs/figures
	@PYTHONPATH=src python -m tools.apps

.PHONY: screenshots
screenshots: setup $(STAMPS)/browser ## Pictures of the running page: docs/images
	@PYTHONPATH=src python -m tools.browser.screenshots

.PHONY: bench
bench: setup $(STAMPS)/dist $(if $(PEERS),peers) ## What a picture costs, beside others [JOBS=, STARTS=3, TURNS=5, PEERS=1, FIGURES=1]
	@PYTHONPATH=src python -m bench $(if $(JOBS),--jobs '$(JOBS)') $(if $(STARTS),--starts $(STARTS)) \
		$(if $(TURNS),--turns $(TURNS)) $(if $(PEERS),--peers) $(if $(FIGURES),--figures)

# --- Building --------------------------------------------------------------------------------

# Folders too: a file that is gone changes what is uploaded as well.
WORKER_SOURCES := $(shell find src -name '*.py' -o -name '*.js' -o -name '*.json' -o -type d ! -name __pycache__) wrangler.toml

# Exactly what `wrangler deploy` uploads.
$(STAMPS)/dist: $(WORKER_SOURCES) $(STAMPS)/node $(STAMPS)/worker
	@rm -rf dist
	@tools/step.sh "what is uploaded, into dist" wrangler deploy --dry-run --outdir dist
	@touch $@

.PHONY: setup
setup: running $(STAMPS)/tests $(STAMPS)/npm-tests ## Installs everything, as locked

.PHONY: running
running: $(if $(filter command,$(origin PYTHON)),named-python) $(STAMPS)/python $(STAMPS)/node $(STAMPS)/worker $(STAMPS)/runtime

# A Python that is named on the command line is looked at even where nothing is left to install.
.PHONY: named-python
named-python:
	@tools/check_python.sh "$(PYTHON)"

# A link is another folder's .venv, and whoever works there loses it where it is made anew.
$(STAMPS)/python: requirements/run.txt
	@[ ! -L $(VENV) ] || { echo "easel: .venv is a link, and older than its lock: 'make setup' where it leads to" >&2; exit 1; }
	@tools/check_python.sh "$(PYTHON)"
	@mkdir -p $(STAMPS)
	@tools/step.sh "a Python of its own, in .venv" "$(PYTHON)" -m venv --clear $(VENV)
	@tools/step.sh "Python packages and Node, into .venv" \
		pip install --quiet --require-hashes --requirement requirements/run.txt
	@tools/link_node.sh
	@touch $@

# Not `npm ci`: it removes node_modules first, and with it what tests have installed.
$(STAMPS)/node: package.json package-lock.json $(STAMPS)/python
	@tools/step.sh "wrangler and workerd, into node_modules" \
		tools/install_npm_packages.sh "$(MACHINE_PATH)" --omit=dev
	@mkdir -p .easel/runtime
	@ln -sf "$$(node -p 'require("workerd").default')" .easel/runtime/workerd
	@touch $@

# What only tests need: linters, and the clients that are run.
$(STAMPS)/tests: requirements/dev.txt requirements/uv.txt $(STAMPS)/python
	@tools/step.sh "what tests need of Python, into .venv" \
		tools/install_python_packages.sh $(VENV) requirements/dev.txt
	@touch $@

# After what `node` has installed, since that takes away what only tests need.
$(STAMPS)/npm-tests: $(STAMPS)/node
	@tools/step.sh "what tests need of npm, into node_modules" \
		tools/install_npm_packages.sh "$(MACHINE_PATH)" --include=dev
	@touch $@

# CHROMIUM=/usr/bin/chromium takes another; where the package has none, the machine's own is taken.
$(STAMPS)/browser: package-lock.json tools/browser/unpack.mjs $(STAMPS)/tests
	@tools/step.sh "a headless Chromium, into .easel" node tools/browser/unpack.mjs
	@touch $@

# One of the clients that the tests run; it wants an older openai than the newest.
$(STAMPS)/litellm: requirements/litellm.txt requirements/uv.txt $(STAMPS)/python
	@python -m venv --clear --without-pip .easel/litellm
	@tools/step.sh "LiteLLM, into .easel/litellm" \
		tools/install_python_packages.sh .easel/litellm requirements/litellm.txt
	@touch $@

# Chat applications, which only `make apps` runs: 1.1 GB. tools/apps/open-webui.txt is what Open WebUI
# needs without its parts for documents and speech, so that torch is not installed.
$(STAMPS)/apps: tools/apps/open-webui.txt $(STAMPS)/python
	@rm -rf .easel/apps
	@mkdir -p .easel/apps
	@python -m venv .easel/apps/open-webui
	@tools/step.sh "Open WebUI, into .easel/apps" sh -c '\
		.easel/apps/open-webui/bin/pip install --quiet --requirement tools/apps/open-webui.txt && \
		.easel/apps/open-webui/bin/pip install --quiet --no-deps open-webui==0.12.4'
	@mkdir .easel/apps/sillytavern
	@tools/step.sh "SillyTavern, into .easel/apps" \
		npm install --prefix .easel/apps/sillytavern --omit=dev --ignore-scripts --no-audit --no-fund \
		sillytavern@1.19.0
	@touch $@

# What Easel is compared with, and nothing else needs.
PORTKEY := 1.15.2
LITELLM := 1.106.2

# Another version is installed anew.
PEERS_STAMP := $(STAMPS)/peers-$(PORTKEY)-$(LITELLM)
.PHONY: peers
peers: $(PEERS_STAMP)

$(PEERS_STAMP): | $(STAMPS)/python
	@rm -rf .easel/peers
	@mkdir -p .easel/peers/portkey
	@tools/step.sh "Portkey's gateway, into .easel/peers" \
		npm install --prefix .easel/peers/portkey --ignore-scripts --no-audit --no-fund \
		@portkey-ai/gateway@$(PORTKEY)
	@python -m venv .easel/peers/litellm
	@tools/step.sh "LiteLLM's proxy, into .easel/peers" \
		.easel/peers/litellm/bin/pip install --quiet "litellm[proxy]==$(LITELLM)"
	@touch $@

$(STAMPS)/worker: requirements/worker.txt $(STAMPS)/python
	@tools/step.sh "the Worker's own packages, into python_modules" tools/vendor.sh
	@touch $@

$(STAMPS)/runtime: $(STAMPS)/node $(STAMPS)/python $(wildcard tools/runtime/bundle.*)
	@tools/step.sh "the Python runtime of workerd, into .easel" python -m tools.runtime.bundle
	@touch $@

# --- Upkeep ----------------------------------------------------------------------------------

.PHONY: lock
lock: setup ## Renews the locked versions of pyproject.toml and package.json
	uv pip compile -q --upgrade --generate-hashes --no-header --no-annotate --universal \
		--python-version 3.11 --group pyproject.toml:install -o requirements/uv.txt
	uv pip compile -q --upgrade --generate-hashes --no-header --no-annotate --universal \
		--python-version 3.14 pyproject.toml -o requirements/worker.txt
	uv pip compile -q --upgrade --generate-hashes --no-header --no-annotate --universal \
		--python-version 3.11 --group pyproject.toml:run -c requirements/worker.txt \
		-o requirements/run.txt
	uv pip compile -q --upgrade --generate-hashes --no-header --no-annotate --universal \
		--python-version 3.11 --group pyproject.toml:dev -c requirements/worker.txt \
		-c requirements/run.txt -o requirements/dev.txt
	uv pip compile -q --upgrade --generate-hashes --no-header --no-annotate --universal \
		--python-version 3.11 --group pyproject.toml:litellm -o requirements/litellm.txt
	npm update --ignore-scripts --include=dev
	python -m tools.lock

.PHONY: clean
clean: ## Removes everything that set-up and runs have made
	rm -rf .venv .easel .wrangler dist node_modules python_modules
