# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.NOTPARALLEL:
.DEFAULT_GOAL := help
.PHONY: help setup run build guest debug test test-thread test-address test-v2 test-host hostile fidelity fidelity-cpython crash fuzz fuzz-calls lint format bench openapi schemathesis doctor clean

help: ## list the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 25

setup: ## install the Debian packages that are missing
	@echo "setup: checking what the build and the languages need"
	@scripts/setup

run: setup build ## build, start a server on 127.0.0.1:8080, print a first call to try
	@scripts/run

build: guest ## build the release binary build/outpost
	@echo "build: release"
	@scripts/build-release

guest: ## build the static guest agent and pack the dashboard, which the other builds embed
	@echo "guest: release, static"
	@scripts/build-guest

debug: guest ## build the debug binary and the tests, in .build
	@echo "debug: building with tests"
	@swift build --build-tests

test: ## run everything that must pass, and print a summary
	@scripts/test

test-thread: guest ## run the unit tests under ThreadSanitizer
	@scripts/test-sanitized thread

test-address: guest ## run the unit tests under AddressSanitizer
	@scripts/test-sanitized address

test-v2: build ## run the main checks in a virtual machine with cgroup v2 only
	@scripts/guest-v2 .build-guest-v2 build/outpost Tests/Guest -- ./Guest/run-in-guest ./outpost

test-host: build ## run the same checks on this host
	@Tests/Guest/run-in-guest build/outpost

hostile: build ## run the whole hostile catalogue, and write docs/hostile.md
	@Tests/Hostile/run-hostile build/outpost --write-docs
	@Tests/Hostile/run-hostile --warm build/outpost

fidelity: build ## compare programs in warm and in ordinary interpreters, to the byte
	@Tests/Fidelity/run-fidelity build/outpost

fidelity-cpython: build ## do the same with CPython's own tests
	@Tests/Fidelity/run-cpython build/outpost

crash: build ## kill server, spawner and agents 100 times under load, and the server under jobs
	@Tests/Hostile/crash build/outpost
	@Tests/Hostile/crash-jobs build/outpost

fuzz: ## search for inputs that break a parser, MINUTES=5 for all targets together
	@scripts/fuzz --minutes $(or $(MINUTES),5)

fuzz-calls: build ## run random sequences of allowed system calls in sandboxes, MINUTES=60
	@Tests/Hostile/fuzz-calls build/outpost --minutes $(or $(MINUTES),60)

lint: ## check format, dependencies between targets, source rules, scripts, shared resources
	@scripts/lint

format: ## format the Swift sources in place
	@echo "format: Sources Tests Fuzz Package.swift"
	@swift format --in-place --recursive --parallel --configuration .swift-format Sources Tests Package.swift \
		Fuzz/Package.swift Fuzz/Sources/FuzzTargets/Entry.swift

bench: ## measure Outpost, bare programs, bubblewrap, runc and runsc
	@scripts/setup --bench
	@$(MAKE) --no-print-directory build
	@/usr/bin/python3 bench/outpost_bench.py $(BENCH_FLAGS)

openapi: build ## write docs/openapi.json
	@scripts/openapi

schemathesis: build ## test a server against its OpenAPI document, SCHEMATHESIS_SECONDS=60
	@scripts/setup --schemathesis
	@scripts/schemathesis $(or $(SCHEMATHESIS_SECONDS),60)

doctor: build ## show what this host can do
	@build/outpost doctor

clean: ## remove everything that the builds made
	@echo "clean: .build .build-fuzz .build-guest .build-release .build-guest-v2 .build-schemathesis .build-cpython .build-thread .build-address build"
	@rm -rf .build .build-fuzz .build-guest .build-release .build-guest-v2 .build-schemathesis .build-cpython .build-thread .build-address build
