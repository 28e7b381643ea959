# Line coverage of the unit tests, by folder.

COVERAGE_PACKAGES := gcc gcovr
COVERAGE_BUILD := $(BUILD)/coverage
COVERAGE_LEAST := 90

.PHONY: coverage coverage-tests
# Counters are atomic, since the log and the writer are threads.
coverage: ## prints the line coverage of the unit tests by folder; domain and contract need 90 %
	$(call debian-install,$(COVERAGE_PACKAGES))
	$(Q)$(MAKE) --no-print-directory CC=gcc BUILD=$(COVERAGE_BUILD) OPTIMIZE='-O0 -g' EXTRA_CFLAGS='--coverage -fprofile-update=atomic' \
	  EXTRA_LDFLAGS=--coverage HARDEN=-fPIE coverage-tests
	$(Q)gcovr --root . --filter src/ --object-directory $(COVERAGE_BUILD) --json-summary $(COVERAGE_BUILD)/summary.json --html-details \
	  $(COVERAGE_BUILD)/index.html $(COVERAGE_BUILD) 2>$(COVERAGE_BUILD)/gcovr.log >/dev/null || { cat $(COVERAGE_BUILD)/gcovr.log; exit 1; }
	$(Q)node tests/coverage.js $(COVERAGE_BUILD)/summary.json $(COVERAGE_LEAST) domain contract

# With BUILD at the folder of the coverage build: counts from nothing, since counters add up over runs.
coverage-tests: $(patsubst %.c,$(BUILD)/%,$(sort $(shell find tests/unit -name 'test_*.c')))
	$(Q)find $(BUILD) -name '*.gcda' -delete
	$(Q)for program in $^; do CMOCKA_MESSAGE_OUTPUT=TAP timeout 600 $$program >$(BUILD)/one.log 2>&1 || { cat $(BUILD)/one.log; exit 1; }; done
