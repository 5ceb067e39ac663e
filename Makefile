# Everything a person or a CI does with this project. `make` lists it.
#
# Needs Go and make; libvips and a C compiler are installed when they are
# missing (deploy/install). The container targets need Docker with Compose.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

GO      ?= go
BINARY  := bin/api-resize
IMAGE   ?= api-resize
CONFIG  ?= config.yaml
ARGS    ?=

# Of one fuzz target in `make fuzz`, and of one package's tests: the race
# detector makes them several times slower.
FUZZTIME     ?= 10s
TEST_TIMEOUT ?= 25m

# The version is git's description of the tree. An archive without git's
# history, or a clone that belongs to somebody else, builds all the same.
ifndef VERSION
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
endif
LDFLAGS := -s -w -X api-resize/server.version=$(VERSION)

# One version for everybody: another one finds other faults.
GOLANGCI_VERSION := v2.15.0
GOLANGCI := bin/tools/golangci-lint-$(GOLANGCI_VERSION)

# libvips' flags on macOS hold one that cgo refuses unless it is told.
export CGO_ENABLED := 1
export CGO_CFLAGS_ALLOW ?= -Xpreprocessor

# Read by docker-compose.yml too.
export IMAGE VERSION

.PHONY: help run build test race client lint fmt cover bench fuzz docs docker test-docker clean libvips

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## build and start the service in the foreground; ARGS="--address :9000" passes flags
	@printf '%s\n' \
	  'Playground             http://localhost:8000/' \
	  'Pictures and uploads   http://localhost:8000/resize/300x200/{id} and /images (README.md)' \
	  'Documentation          http://localhost:8000/docs' \
	  'Is it ready?           http://localhost:8000/readyz' \
	  'For the operator       http://127.0.0.1:5556/ (monitor, with links to metrics and profiles)' \
	  'API key                data/api-key (made at the first start)' \
	  'These are the defaults; $(CONFIG) says otherwise. Ctrl-C stops.' ''
	@exec $(BINARY) serve --config $(CONFIG) $(ARGS)

build: libvips ## build bin/api-resize
	@echo 'building $(BINARY) $(VERSION); the first time, cgo compiles the binding to libvips: a minute or two'
	@$(GO) build -ldflags '$(LDFLAGS)' -o $(BINARY) ./cmd/api-resize

# The program itself is tested without the race detector, which makes its hundreds of
# starts and its SQLite several times slower: `make race` does that.
test: libvips ## vet, then all tests; packages with the race detector
	@deploy/install chromium || echo 'SKIPPED: the tests in a browser, since there is no Chromium here'
	@deploy/install postgresql || { [ -z "$${CI:-}" ] && echo 'SKIPPED: PostgreSQL could not be installed, and is not tested'; }
	$(GO) vet ./...
	$(GO) test -race -timeout $(TEST_TIMEOUT) $$($(GO) list ./... | grep -v /cmd/)
	$(GO) test -timeout $(TEST_TIMEOUT) ./cmd/...
	@[ -z "$${CI:-}" ] || deploy/install promtool
	cd deploy/check && $(GO) vet . && $(GO) test -timeout $(TEST_TIMEOUT) . # dashboards, alerts, Kubernetes
	@$(MAKE) --no-print-directory client
	@echo 'The test of the container is skipped here: make test-docker runs it.'

race: libvips ## the tests of the whole program with the race detector: half an hour
	$(GO) test -race -timeout 60m ./cmd/...

client: libvips ## generate a Go client of the OpenAPI document and run it against the service
	cd deploy/client && $(GO) generate . && $(GO) vet . && $(GO) test -timeout $(TEST_TIMEOUT) .

lint: libvips $(GOLANGCI) ## formatting, vet, golangci-lint, go.mod, shell scripts
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then \
	  echo 'not formatted by gofmt:'; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GOLANGCI) run ./...
	$(GO) mod tidy -diff
	cd deploy/check && $(GO) mod tidy -diff
	cd deploy/client && $(GO) generate . && $(GO) mod tidy -diff # the generated client decides what is needed
	@deploy/install shellcheck || { [ -z "$${CI:-}" ] && echo 'SKIPPED: the shell scripts were not checked'; }
	@if command -v shellcheck >/dev/null; then shellcheck .ci/run deploy/install && echo 'shell scripts are clean'; fi

fmt: ## format the Go files
	gofmt -w .

cover: libvips ## coverage of all packages by all tests: coverage.out, coverage.html
	$(GO) test -timeout $(TEST_TIMEOUT) -coverpkg=./... -coverprofile=coverage.out ./...
	@$(GO) tool cover -html=coverage.out -o coverage.html
	@$(GO) tool cover -func=coverage.out | tail -n 1

bench: libvips ## the packages' benchmarks
	$(GO) test -run '^$$' -bench . -benchmem ./...

fuzz: libvips ## every fuzz target for FUZZTIME (10s)
	@grep -rE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*\(' . \
	  | sed -E 's,^(\./.*)/[^/]*:func (Fuzz[A-Za-z0-9_]*).*,\1 \2,' | sort -u \
	  | while read -r package target; do \
	      echo "== $$package $$target"; \
	      $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$package" </dev/null; \
	    done

docs: libvips ## write docs/options.md and its pictures anew; look at what git says has changed
	$(GO) run ./docs/generate

# The modules may come from another proxy than usual: what the environment says
# about that holds inside, too.
docker: ## build the container image
	docker build --build-arg VERSION --build-arg GOPROXY --build-arg GOSUMDB --build-arg GOFLAGS -t $(IMAGE) .
	@docker image inspect -f '$(IMAGE): {{.Size}} bytes' $(IMAGE)

test-docker: ## build the image, start the composed service, test through it
	API_RESIZE_TEST_DOCKER=1 $(GO) test -count=1 -v -timeout 20m ./deploy

clean: ## remove what was built; data/ stays
	rm -rf bin coverage.out coverage.html

libvips:
	@command -v $(firstword $(GO)) >/dev/null || { echo 'Go is missing: https://go.dev/doc/install' >&2; exit 1; }
	@deploy/install libvips

$(GOLANGCI):
	@echo 'building golangci-lint $(GOLANGCI_VERSION) (a minute or two, once)'
	@mkdir -p $(@D)
	@GOBIN=$(CURDIR)/$(@D) $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	@mv $(@D)/golangci-lint $@
