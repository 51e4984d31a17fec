# The way in: `make demo` and `make test` do all the set-up on a fresh Debian machine with Swift.
SWIFT ?= swift
SCRATCH ?= .build
STATIC = -c release --static-swift-stdlib -Xswiftc -static-executable -Xlinker -z -Xlinker muldefs

.PHONY: build
build: bin/brig-runtime bin/brig

.PHONY: runtime
runtime: bin/brig-runtime

.PHONY: bin/brig bin/brig-runtime
bin/brig bin/brig-runtime:
	@mkdir -p bin
	$(SWIFT) build --scratch-path $(SCRATCH) $(STATIC) --product $(@F)
	strip -o $@.new $(SCRATCH)/release/$(@F) && mv $@.new $@

.PHONY: clean
clean:
	rm -rf bin .build
