# Everything is an ordinary command; the longer ones are in scripts/.

GO ?= go
ARGS ?=
# Of the long tests: kills per database, seeds of the simulation, length of the subscriptions' load, and which parts (all if empty).
ROUNDS ?= 50
FUZZ_SECONDS ?= 3600
SEEDS ?= 20000
SPEED ?= 60
FOLD_SECONDS ?= 3600
ONLY ?=
# What `make deps` and `make test` install if it is missing. A browser only if there are browser tests.
DEPS ?= mariadb gcc $(if $(wildcard web/e2e/*),chromium)

.DEFAULT_GOAL := help
.PHONY: help run day web build test race deps generate audit fuzz vuln mutants torture bench long clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# While the console is built, most of the server is compiled already.
run: ## Start the server with demo data in var/demo.db (more flags: make run ARGS="--listen 127.0.0.1:9000")
	@$(MAKE) --no-print-directory build >/dev/null 2>&1 & \
	$(MAKE) --no-print-directory web || echo "make: the console could not be built: going on with what is in web/dist" >&2; wait
	@$(MAKE) --no-print-directory build
	@mkdir -p var
	./bin/rapport --demo --db var/demo.db $(ARGS)

day: build ## Play an hour of 2,000 work items at the example contact centre, on a server of its own (SPEED=60 times as fast)
	@SPEED="$(SPEED)" scripts/day.sh

# The server embeds the console, so this comes before `build`. It is no part of it: the server can do without, and says so at /.
web: ## Build the console for browsers, if Node is there and anything has changed
	@if command -v npm >/dev/null 2>&1; then $(MAKE) -s web/dist/index.html; \
	else echo "make: no Node here, so the server comes without its console: install Node 20.19 or later, then make web"; fi

web/dist/index.html: web/node_modules/.package-lock.json web/index.html web/vite.config.js $(shell find web/src web/public -type f)
	cd web && npm run build

web/node_modules/.package-lock.json: web/package.json web/package-lock.json
	cd web && npm ci --no-audit --no-fund

# Go looks by itself whether anything changed.
build: ## Build bin/rapport
	CGO_ENABLED=0 $(GO) build -o bin/rapport .

test: ## Install what is missing, then run every test of the project
	@GO="$(GO)" DEPS="$(DEPS)" scripts/test.sh

race: web ## Run every test with the race detector, the server that tests start included (log in var/long)
	GO="$(GO)" $(GO) run ./internal/tools/long --only race

deps: ## Install what the tests need beyond Go (MariaDB's programs, gcc)
	@scripts/install-test-deps.sh $(DEPS)

generate: ## Generate the GraphQL code and docs/api from schema/
	$(GO) run ./internal/tools/sdl --check
	$(GO) tool gqlgen generate
	$(GO) run ./internal/tools/sdl

# With CI set a missing Node is a failure.
audit: ## Audit a server: GraphQL over HTTP, close codes, abusive documents and clients, forged tokens, who may do what
	CI=1 $(GO) test -count=1 -v -run '^(TestAudits|TestForgedTokens|TestAPIKeys|TestAccess|TestNobodySeesMore|TestNothingTells|TestStrangers|TestTokensEnd)' ./internal/e2e
	$(GO) test -count=1 -v -run '^(TestCloseCodes|TestAbuse|TestHalf|TestBounds|TestRate|TestPrincipal|TestSocketLimits|TestOrigins)' ./internal/api/...

fuzz: ## Give the fuzz targets an hour (FUZZ_SECONDS=3600)
	GO="$(GO)" scripts/fuzz.sh $(FUZZ_SECONDS)

vuln: ## Look for known vulnerabilities; fetches its data from vuln.go.dev
	$(GO) run golang.org/x/vuln/cmd/govulncheck@v1.9.0 ./...

mutants: ## Break the engine on purpose and see that its tests notice
	$(GO) run ./internal/tools/mutants

torture: ## Kill the server and its database over and over and look for losses (ROUNDS=50)
	$(GO) run ./internal/tools/torture --rounds $(ROUNDS)

bench: ## Measure picking an agent, committing, verifying tokens and refusing abusive documents
	$(GO) test -run '^$$' -bench BenchmarkPick -benchmem ./engine
	RAPPORT_REQUIRE_MARIADB=1 $(GO) test -run '^$$' -bench BenchmarkCommit -benchmem ./internal/writer
	$(GO) test -run '^$$' -bench 'BenchmarkAbuse|BenchmarkVerify' ./internal/api ./internal/auth

long: deps web ## Every test that takes long, 3.5 hours; a table at the end (ROUNDS=50 SEEDS=20000 FOLD_SECONDS=3600 FUZZ_SECONDS=3600 ONLY=torture,race)
	GO="$(GO)" $(GO) run ./internal/tools/long --rounds $(ROUNDS) --seeds $(SEEDS) --fold-seconds $(FOLD_SECONDS) --fuzz-seconds $(FUZZ_SECONDS) --only "$(ONLY)"

clean: ## Remove what was built and the demo data
	rm -rf bin var coverage web/node_modules web/dist/assets web/dist/index.html examples/clients/ts/dist examples/clients/ts/node_modules
