# The way in: `make demo` and `make test` do all the set-up on a fresh Debian machine that has Swift.
SWIFT ?= swift
SCRATCH ?= .build
# Both products are fully static. The linker's muldefs lets CUnwind replace the unwinder's slow registration. What a start
# costs is mostly page faults: functions are sections, so that lld can put those side by side that a start needs; and types
# are made by direct calls, which look for no conformances in tables that would have to be paged in.
STATIC = -c release --static-swift-stdlib -Xswiftc -static-executable -Xlinker -z -Xlinker muldefs \
    -Xswiftc -use-ld=lld -Xswiftc -Xfrontend -Xswiftc -function-sections \
    -Xswiftc -Xfrontend -Xswiftc -disable-concrete-type-metadata-mangled-name-accessors
# brig-runtime starts in CProtect, before the C library: alone in the last page of a page table, so that the first of its two
# starts maps no more than that. Names in its list of functions that are there no more do no harm; functions without a name lie
# before.
LINK_brig-runtime = -Xlinker -e -Xlinker brig_start -Xlinker -Ttext=0x7ff000 \
    -Xlinker -T$(CURDIR)/scripts/brig-runtime.ld -Xlinker --section-start=.text.unnamed=0x7f8000 \
    -Xlinker --symbol-ordering-file=$(CURDIR)/scripts/brig-runtime.order -Xlinker --no-warn-symbol-ordering
# brig asks its way through thousands of conformances: Sources/CUnwind/conformances.c.
LINK_brig = $(foreach function,swift_conformsToProtocol swift_conformsToProtocol2 swift_conformsToProtocolCommon \
    swift_conformsToProtocolWithExecutionContext \
    _ZN5swift40addImageProtocolConformanceBlockCallbackEPKvS1_m \
    _ZN5swift36_searchConformancesByMangledTypeNameEPNS_8Demangle9__runtime4NodeE,-Xlinker --wrap=$(function)) \
    -Xlinker --symbol-ordering-file=$(CURDIR)/scripts/brig.order -Xlinker --no-warn-symbol-ordering
BUILD = $(SWIFT) build --scratch-path $(SCRATCH)
TEST = $(SWIFT) test --scratch-path $(SCRATCH)
TEST_BUNDLE = $(SCRATCH)/debug/brigPackageTests.xctest
BUNDLE = $(abspath $(TEST_BUNDLE)) --testing-library swift-testing
LOGS = $(SCRATCH)/tests
TEST_TOOLS = bin/test/probe bin/test/true bin/test/attacker bin/test/crowd bin/test/between
# Tests that drive the built programs, alone and below other engines.
INTEGRATION = IntegrationTests|PeerTests
# Those that drive `brig`; what they do blocks the threads of a test process, so that others' clocks would run out.
ON_BRIG = BrigTests|RegistryTests
# What the virtual machine is for: control groups v2 and AppArmor; of others' engines what limits, counts and pauses there;
# what anatomy and why say of both. `make vm-test TESTS=KernelWalkthroughTests` runs others there, with all their cases.
ANSWERS = AnatomyCommandTests/container|WhyCommandTests/(advice|confinement)
ON_UNIFIED = $(or $(TESTS),IntegrationTests$(if $(ALL),|KernelWalkthroughTests)|ContainerdTests|PodmanTests/control|$(ANSWERS))

.PHONY: build runtime demo test unit-test integration-test attack-test vm-test fixtures images lint bench fuzz fuzz-images clean
.PHONY: packages test-packages bin/brig bin/brig-runtime test-here test-in-vm

build: bin/brig-runtime bin/brig

runtime: bin/brig-runtime

# Swift's own incremental build decides what there is to do.
bin/brig bin/brig-runtime:
	@mkdir -p bin
	$(BUILD) $(STATIC) $(LINK_$(@F)) --product $(@F)
	@strip -o $@.new $(SCRATCH)/release/$(@F) && mv $@.new $@

demo: packages build
	bin/brig run --rm --network none hello

# One debug build serves every part. The virtual machine has one CPU, so it works beside the tests on this machine, and its
# lines begin with "vm: ". Each stage runs whatever failed before it; what failed is said once more at the end.
test: packages test-packages build fixtures
	$(BUILD) --build-tests
	@rm -rf $(LOGS)
	@$(MAKE) -k --no-print-directory -j2 test-here test-in-vm; code=$$?; Tests/run --report $(LOGS); exit $$code

# What waits for other people's programs is tried once more, alone, where it fails.
test-here:
	@failed=; \
	Tests/run $(LOGS) unit $(BUNDLE) --skip "$(INTEGRATION)|$(ON_BRIG)" --skip AttackTests || failed=1; \
	Tests/run $(LOGS) registry $(BUNDLE) --filter RegistryTests || failed=1; \
	Tests/run --again $(LOGS) brig $(BUNDLE) --filter BrigTests || failed=1; \
	Tests/run $(LOGS) attack $(MAKE) --no-print-directory attack-test || failed=1; \
	Tests/run --again $(LOGS) integration $(BUNDLE) --no-parallel --filter "$(INTEGRATION)" || failed=1; \
	test -z "$$failed"

test-in-vm: SHELL = /bin/bash
test-in-vm:
	@set -o pipefail; Tests/run $(LOGS) vm $(MAKE) --no-print-directory vm-test 2>&1 | sed -u 's/^/vm: /'

unit-test:
	$(TEST) --skip "$(INTEGRATION)" --skip AttackTests

integration-test: fixtures
	$(TEST) --no-parallel --filter "$(INTEGRATION)"

# The same integration tests where cgroup v2 stands alone, with AppArmor and every capability; of long tables every second
# or third case, as the processor is emulated: `make vm-test ALL=1` takes them all.
# The machine's own /tmp, /run and /var/lib start empty: a checkout that lies there is shared.
VM_SHARE = $(if $(filter /tmp/% /run/% /var/lib/%,$(CURDIR)/),--share "$(CURDIR):ro")
vm-test: fixtures
	Tests/vm/vm-run --timeout $(if $(ALL)$(TESTS),7200 --env BRIG_TEST_ALL=1,2400) $(VM_SHARE) -- \
	    $(BUNDLE) --no-parallel --filter "$(ON_UNIFIED)"

# Attacks, and hostile archives, behind a copy-on-write root that is thrown away. `RUNTIME=/usr/sbin/runc` tries the attacks
# on another runtime instead, `ENGINE=/usr/bin/podman` on another engine, and prints which succeed (docs/attacks.md).
attack-test: fixtures
	ATTACKS=required PRIVATE_ROOT_SHOWS="$(filter /tmp/% /run/% /dev/%,$(CURDIR)/)" Tests/private-root \
	    $(BUNDLE) --no-parallel \
	    $(if $(ENGINE),--filter EngineAttacks,--filter AttackTests $(if $(RUNTIME),,--filter HostileArchiveTests))

fixtures: $(TEST_TOOLS) images

# Images of Debian packages for the tests, once for each recipe, in /var/cache/brig-images: docs/testing.md.
images:
	@Tests/images/make-images >/dev/null

bin/test/%: Tests/Probe/%.c
	@mkdir -p $(@D)
	gcc -std=gnu11 -O1 -Wall -Wextra -Werror -static -s -o $@ $<

# 20,000 changed configs given to the built runtime, behind a root of their own: about a quarter of an hour.
FUZZ_COUNT ?= 20000
fuzz: runtime
	$(BUILD) --product config-fuzz
	Tests/fuzz-config $(SCRATCH)/debug/config-fuzz $(FUZZ_COUNT) $(FUZZ_SEED)

# Changed archives, streams, documents and names given to what reads them, FUZZ_SECONDS for each of ten targets (or for those
# that FUZZ_TARGETS names): behind a root that is thrown away.
FUZZ_SECONDS ?= 120
fuzz-images: build
	$(BUILD) --product image-fuzz
	Tests/fuzz-images $(SCRATCH)/debug/image-fuzz $(FUZZ_SECONDS) $(or $(FUZZ_SEED),1) $(FUZZ_TARGETS)

bench: runtime bin/brig
	$(MAKE) -C Benchmarks run

lint:
	$(SWIFT) format lint --strict -r Sources Tests Package.swift

packages:
	@scripts/install-packages build

test-packages:
	@scripts/install-packages test

clean:
	rm -rf bin $(SCRATCH)
