# Everything that a developer or CI runs; `make help` lists it. Needs Go and
# make; what needs more (a container engine, git) says so.

VERSION  ?= v0.1.0
REGISTRY ?= ghcr.io/eda-gitops
# Of each Fuzz function in the tree.
FUZZTIME ?= 20s
# For go test, such as -v, -run NAME or -json.
TESTFLAGS ?=

GO ?= go

# No C, no paths of this machine and no state of its checkout: the same source
# gives the same bytes.
GOBUILD = CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false

# Where tests find the other hosts. kpt takes minutes to build, so `make test`
# does without it (empty) until `make tools` or `make test-hosts` has built it.
EDA_KUSTOMIZE      ?= $(CURDIR)/build/tools/kustomize
EDA_KPT            ?= $(wildcard $(CURDIR)/build/tools/kpt)
EDA_IMAGE_REGISTRY ?= $(REGISTRY)
EDA_IMAGE_VERSION  ?= $(VERSION)
export EDA_KUSTOMIZE EDA_KPT EDA_IMAGE_REGISTRY EDA_IMAGE_VERSION

# A part that needs an engine runs as `$(WITH_DOCKER) $(MAKE) part`.
WITH_DOCKER = tests/scripts/with-docker
SUBMAKE     = $(MAKE) --no-print-directory

.DELETE_ON_ERROR:

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' Makefile

.PHONY: build
build: ## build/eda-fn, static
	@mkdir -p build
	$(GOBUILD) -ldflags '-s -w -X github.com/eda-gitops/functions/functions/fn.Version=$(VERSION)' -o build/eda-fn ./functions/cmd/eda-fn

.PHONY: demo
demo: build ## render the example solution into build/ and print its environments side by side
	@$(GO) run ./tests/demo -bin build/eda-fn -out build

# --- Tests ---

.PHONY: test
test: build/tools/kustomize ## all tests, with the hosts that are there; says which are not
	@if docker version >/dev/null 2>&1; then $(SUBMAKE) image; fi
	@status=0; $(GO) test $(TESTFLAGS) ./... || status=$$?; tests/scripts/missing-hosts; exit $$status

.PHONY: test-hosts
test-hosts: tools ## tests in kustomize, kpt and containers, none left out; starts a container engine (root, docker.io)
	@$(WITH_DOCKER) $(SUBMAKE) test-in-hosts

.PHONY: e2e
e2e: ## tests of the images, and with real servers (root, docker.io, etcd-server, redis-server)
	@$(WITH_DOCKER) $(SUBMAKE) test-end-to-end

# Results of earlier runs don't count here: what runs is no input that go knows.
.PHONY: test-in-hosts test-end-to-end
test-in-hosts test-end-to-end: export EDA_REQUIRE_HOSTS = 1
test-in-hosts: export EDA_KPT = $(CURDIR)/build/tools/kpt
test-in-hosts: image
	$(GO) test -count=1 $(TESTFLAGS) ./tests/hosts/...
test-end-to-end: image build/tools/kustomize
	$(GO) test -count=1 $(TESTFLAGS) ./tests/image/...
	cd tests/e2e && CGO_ENABLED=0 $(GO) test -trimpath -count=1 -timeout 30m $(TESTFLAGS)

.PHONY: fuzz
fuzz: ## each fuzz test for FUZZTIME (20s)
	@GO='$(GO)' tests/scripts/fuzz $(FUZZTIME)

.PHONY: bench
bench: build build/tools/kustomize ## the speed table of the README
	@$(GO) run ./tests/bench -bin build/eda-fn -kustomize build/tools/kustomize

.PHONY: bench-seal
bench-seal: build ## SealSecrets beside kubeseal, the table of its README
	cd tests/e2e && CGO_ENABLED=0 $(GO) build -trimpath -o ../../build/tools/kubeseal github.com/bitnami-labs/sealed-secrets/cmd/kubeseal
	@$(GO) run ./tests/bench/kubeseal -bin build/eda-fn -kubeseal build/tools/kubeseal

# --- Source ---

.PHONY: lint
lint: build/tools/golangci-lint ## golangci-lint, pinned
	build/tools/golangci-lint run ./...

.PHONY: generate
generate: ## schemas, README tables and catalog/functions, from the Go structs
	$(GO) run ./functions/schema/generate

.PHONY: verify
verify: ## fail where generated files, go.mod or formatting are not current
	$(GO) run ./functions/schema/generate -check
	$(GO) mod tidy -diff
	@files=$$(gofmt -l catalog functions tests); test -z "$$files" || { echo "not formatted; run gofmt -w on:" "$$files" >&2; exit 1; }

# --- Image ---

# An image for each function that `eda-fn list` names; a Pipeline runs in the
# image of all, eda-fn.
.PHONY: image
image: build ## the image eda-fn and one tag per function, of the same layers
	@docker version >/dev/null 2>&1 || { echo "make image: no container engine answers; see tests/scripts/docker-start" >&2; exit 1; }
	@rm -rf build/image && mkdir -p build/image/etc
	@install -m 755 build/eda-fn build/image/eda-fn
	@echo 'nobody:x:65534:65534:nobody:/:/sbin/nologin' >build/image/etc/passwd
	@echo 'nobody:x:65534:' >build/image/etc/group
	@chmod 755 build/image build/image/etc && chmod 644 build/image/etc/*
	docker build -q --build-arg VERSION=$(VERSION) -t $(REGISTRY)/eda-fn:$(VERSION) .
	@set -e; for function in $$(build/eda-fn list | awk '$$1 != "pipeline" { print $$1 }'); do \
		echo "docker build -t $(REGISTRY)/$$function:$(VERSION)"; \
		{ cat Dockerfile; printf 'CMD ["%s"]\n' "$$function"; } | \
		docker build -q --build-arg VERSION=$(VERSION) --build-arg FUNCTION=$$function -t $(REGISTRY)/$$function:$(VERSION) -f - . ; \
	done

# --- Tools, each from a module of its own with pinned versions ---

.PHONY: tools
tools: build/tools/kustomize build/tools/kpt

# Changes only with the Go version, and so does what depends on it.
build/tools/go-version: always
	@mkdir -p build/tools
	@$(GO) version | cmp -s - $@ || $(GO) version >$@
.PHONY: always
always:

build/tools/kustomize: tests/tools/kustomize/go.mod tests/tools/kustomize/go.sum build/tools/go-version
	cd tests/tools/kustomize && $(GOBUILD) -o $(CURDIR)/$@ sigs.k8s.io/kustomize/kustomize/v5

build/tools/kpt: tests/tools/kpt/go.mod tests/tools/kpt/go.sum tests/tools/kpt/main.go build/tools/go-version
	cd tests/tools/kpt && $(GOBUILD) -o $(CURDIR)/$@ .

build/tools/golangci-lint: tests/tools/lint/go.mod tests/tools/lint/go.sum build/tools/go-version
	cd tests/tools/lint && $(GOBUILD) -o $(CURDIR)/$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint
