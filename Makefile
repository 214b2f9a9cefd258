# The README's targets. Each is one script or npm script; what they do is written there.
SHELL := /bin/bash
.DEFAULT_GOAL := help
# The Node.js that npm delivered comes first, whatever the host has.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

.PHONY: help
help: ## Shows this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | column -t -s "$$(printf '\t')"

.PHONY: demo
demo: host-packages build ## The main job on this machine: real VMs become Ready nodes of a real cluster
	@bin/stargate demo

.PHONY: test
test: host-packages build ## Every test, the real lab end to end included
	@scripts/install-host-packages.sh check
	@node tools/test.ts

.PHONY: e2e-azure
e2e-azure: host-packages build ## The README's Azure sections against a fake Azure with real guests; needs root, some 50 minutes
	@bin/stargate toolchain
	@node test/e2e-azure/main.ts

.PHONY: nightly
nightly: host-packages build ## What takes hours: hundreds of seeds of random faults
	@node tools/nightly.ts

.PHONY: check
check: node_modules ## Types, lint, format, generated files, unit tests: under two minutes
	@scripts/install-host-packages.sh check
	@node tools/check.ts

.PHONY: build
build: node_modules ## Builds every program into bin/
	@node tools/build.ts

.PHONY: toolchain
toolchain: host-packages build ## Builds or downloads Kubernetes, the tailnet programs and the node bundle
	@bin/stargate toolchain

.PHONY: start-controllers
start-controllers: build ## Starts every controller in the background; logs are /tmp/stargate-<provider>-controller.log
	@bin/stargate controllers start

.PHONY: stop-controllers
stop-controllers: build ## Stops them
	@bin/stargate controllers stop

.PHONY: install-crds
install-crds: build ## Installs our resource types into the cluster of KUBECONFIG, or the lab's
	@bin/stargate install-crds

.PHONY: generate
generate: node_modules ## Writes config/crd from src/api
	@node tools/generate.ts

.PHONY: format
format: node_modules ## Formats every file
	@prettier --write --log-level warn .

.PHONY: clean-all
clean-all: ## Removes everything of ours from this machine: datacenters, lab, caches (add KEEP_CACHE=1 to keep those), build output
	@scripts/clean-all.sh

.PHONY: host-packages
host-packages:
	@scripts/install-host-packages.sh

# npm ci is all or nothing; the stamp is written only after it succeeded.
node_modules: node_modules/.installed
node_modules/.installed: package.json package-lock.json
	@scripts/install-node-packages.sh
