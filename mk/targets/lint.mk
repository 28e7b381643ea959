# Looks the sources over, without running the program: layout, both compilers, clang-tidy, the house's own rules, the contract,
# and how the program was hardened. Nothing here changes a file; `make format` does.

LINT_PACKAGES := gcc clang clang-format clang-tidy binutils git
LINT_C := $(wildcard src/*.[ch] src/*/*.[ch] src/*/*/*.[ch] tests/*/*.[ch] tests/*/*/*.[ch])
LINT_NODE := tests/lint/node_modules/.package-lock.json

.PHONY: lint lint-tools lint-format lint-compilers lint-tidy lint-rules lint-contract lint-hardening lint-circles format
lint: lint-format lint-rules lint-contract lint-hardening lint-circles lint-compilers lint-tidy ## checks layout, rules, warnings, contract and hardening
	@echo "  LINT    clean"

lint-tools:
	$(call debian-install,$(LINT_PACKAGES))

lint-format: lint-tools
	@echo "  FORMAT  $(words $(LINT_C)) files"
	$(Q)clang-format --dry-run --Werror $(LINT_C)

format: lint-tools ## formats the C sources with clang-format
	$(Q)clang-format -i $(LINT_C)

# Both compilers take the warnings of the Makefile for errors.
lint-compilers: lint-tools
	$(Q)$(MAKE) --no-print-directory CC=gcc BUILD=$(BUILD)/lint/gcc
	$(Q)$(MAKE) --no-print-directory CC=clang BUILD=$(BUILD)/lint/clang

# A file is looked at again when it, a header or the list of checks has changed.
lint-tidy: lint-tools
	$(Q)$(MAKE) --no-print-directory -j $(shell nproc) $(patsubst %.c,$(BUILD)/lint/%.tidy,src/main.c $(SOURCES))
$(BUILD)/lint/%.tidy: %.c .clang-tidy $(wildcard src/*/*.h src/*/*/*.h)
	@mkdir -p $(@D)
	@echo "  TIDY    $<"
	$(Q)clang-tidy --quiet $< -- -std=c11 $(CPPFLAGS) $(PACKAGE_CFLAGS) >$@.new 2>&1 || { cat $@.new; exit 1; }
	@mv $@.new $@

lint-rules: lint-tools
	$(Q)node --test --test-reporter=dot tests/lint/
	$(Q)node tests/lint/run.js

lint-contract: $(LINT_NODE)
	$(Q)tests/lint/node_modules/.bin/redocly lint --extends recommended --max-problems 1000 openapi.yaml
$(LINT_NODE): tests/lint/package-lock.json
	$(Q)cd tests/lint && npm ci --loglevel=error && touch node_modules/.package-lock.json

lint-hardening: lint-compilers
	$(Q)sh tests/lint/hardening.sh $(BUILD)/lint/gcc/$(NAME) $(BUILD)/lint/gcc/src
	$(Q)sh tests/lint/hardening.sh $(BUILD)/lint/clang/$(NAME) $(BUILD)/lint/clang/src

# No two files call each other in a circle.
lint-circles: lint-compilers
	$(Q)node tests/lint/circles.js $(SOURCES:%.c=$(BUILD)/lint/gcc/%.o) $(BUILD)/lint/gcc/src/main.o
