# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.NOTPARALLEL:
.DEFAULT_GOAL := help
.PHONY: help setup run build guest debug test test-thread test-address test-v2 test-host hostile fidelity fidelity-cpython crash fuzz fuzz-calls lint format bench openapi schemathesis doctor clean

help: ## list the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 21

setup: ## install missing Debian packages
	@echo "setup: checking what the build and the languages need"
	@scripts/setup

run: setup build ## build, serve on 127.0.0.1:8080, print a first call
	@scripts/run

build: guest ## release binary, as build/outpost
	@echo "build: release"
	@scripts/build-release

guest: ## static guest agent, embedded by the other builds
	@echo "guest: release, static"
	@scripts/build-guest

debug: guest ## debug build with tests, in .build
	@echo "debug: building with tests"
	@swift build --build-tests

test: ## everything that must pass, with a summary
	@scripts/test

test-thread: guest ## unit tests under ThreadSanitizer
	@scripts/test-sanitized thread

test-address: guest ## unit tests under AddressSanitizer
	@scripts/test-sanitized address

test-v2: build ## the main checks in a virtual machine with cgroup v2 only
	@scripts/guest-v2 .build-guest-v2 build/outpost Tests/Guest -- ./Guest/run-in-guest ./outpost

test-host: build ## the same checks on this host
	@Tests/Guest/run-in-guest build/outpost

hostile: build ## the whole hostile catalogue; writes docs/hostile.md
	@Tests/Hostile/run-hostile build/outpost --write-docs
	@Tests/Hostile/run-hostile --warm build/outpost

fidelity: build ## programs started ahead and not, compared to the byte
	@Tests/Fidelity/run-fidelity build/outpost

fidelity-cpython: build ## the same with CPython's own tests
	@Tests/Fidelity/run-cpython build/outpost

crash: build ## kill server, spawner and agents 100 times under load, and the server under jobs
	@Tests/Hostile/crash build/outpost
	@Tests/Hostile/crash-jobs build/outpost

fuzz: ## look for inputs that break a promise, MINUTES=5 for all targets
	@scripts/fuzz --minutes $(or $(MINUTES),5)

fuzz-calls: build ## sequences of the calls that the filter allows, in sandboxes, MINUTES=60
	@Tests/Hostile/fuzz-calls build/outpost --minutes $(or $(MINUTES),60)

lint: ## format, dependencies between targets, source rules, scripts, shared resources
	@scripts/lint

format: ## format the Swift sources in place
	@echo "format: Sources Tests Fuzz Package.swift"
	@swift format --in-place --recursive --parallel --configuration .swift-format Sources Tests Package.swift \
		Fuzz/Package.swift Fuzz/Sources/FuzzTargets/Entry.swift

bench: ## measure against bare programs, bubblewrap, runc and runsc
	@scripts/setup --bench
	@$(MAKE) --no-print-directory build
	@/usr/bin/python3 bench/outpost_bench.py $(BENCH_FLAGS)

openapi: build ## write docs/openapi.json
	@scripts/openapi

schemathesis: build ## hold a server to its own document for SCHEMATHESIS_SECONDS=60
	@scripts/setup --schemathesis
	@scripts/schemathesis $(or $(SCHEMATHESIS_SECONDS),60)

doctor: build ## say what this host can do
	@build/outpost doctor

clean: ## remove what the builds made
	@echo "clean: .build .build-fuzz .build-guest .build-release .build-guest-v2 .build-schemathesis .build-cpython .build-thread .build-address build"
	@rm -rf .build .build-fuzz .build-guest .build-release .build-guest-v2 .build-schemathesis .build-cpython .build-thread .build-address build
