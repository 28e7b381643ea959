# The tests: unit tests as programs of their own, and black-box tests that start the program; both also with sanitizers. Every part
# leaves a TAP report and says its sum; `make test` runs them all, whatever fails on the way, and says the sum of sums. Under the address
# sanitizer it runs the black-box tests that exercise memory most; `make test-all` runs every one.

TEST_UNITS    := $(sort $(shell find tests/unit -name 'test_*.c'))
TEST_PROGRAMS := $(TEST_UNITS:%.c=$(BUILD)/%)
TEST_THREADED := $(patsubst %.c,$(BUILD)/%,$(shell grep -l pthread $(TEST_UNITS)))
TEST_API      := $(sort $(wildcard tests/api/*.test.js))
# What the documents say, and that a field is added as they say: once is enough, without sanitizers.
TEST_DOCUMENTS := $(if $(SANITIZE),,$(sort $(wildcard tests/readme/*.test.js tests/field/*.test.js)))
TEST_MEMORY   := $(sort $(wildcard $(patsubst %,tests/api/%*.test.js,hard- import limits-of-heads search streams downloads webhooks starting \
                 tls model crud history merge session tokens formats relations)))
TEST_THREADS  := $(patsubst %,tests/api/%.test.js,downloads load model race reserve streams streams-model tls webhooks)
TEST_NODE     := tests/node_modules/.package-lock.json
TEST_REPORTS  := $(addprefix $(BUILD)/reports/,unit.tap unsigned-unit.tap api.tap asan-unit.tap asan-api.tap tsan-unit.tap tsan-api.tap)
TEST_PARTS    := test-unit test-unsigned test-api test-asan test-tsan
TEST_PACKAGES := openssl mandoc man-db groff
TEST_JOBS     := $(shell nproc)

# What a sanitizer finds ends the program, which no test overlooks.
TEST_SANITIZE := ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1 \
                 TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1

# From the library a test takes the objects that it needs, and no others.
TEST_LIBRARY  := $(BUILD)/libentente.a
$(TEST_LIBRARY): $(OBJECTS)
	@rm -f $@
	$(Q)ar rcsT $@ $^
$(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(TEST_LIBRARY)
	@echo "  LD      $@"
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka

.SECONDARY: $(TEST_PROGRAMS:%=%.o)

$(TEST_NODE): tests/package-lock.json
	@echo "  NPM     tests"
	$(Q)npm ci --prefix tests --no-audit --no-fund --loglevel=error >/dev/null && touch $@

# A file of tests that hangs is ended and has failed; so is the whole run, should that not do.
TEST_FILE_S  := 900
TEST_RUN_S   := 1800

# test-run-unit REPORT PROGRAMS: runs unit tests, a line each, and tells a program that died from one that failed.
define test-run-unit
	@mkdir -p $(dir $(1)) && : > $(1)
	@for program in $(2); do \
	  if $(TEST_SANITIZE) CMOCKA_MESSAGE_OUTPUT=TAP timeout --foreground $(TEST_FILE_S) $$program > $(BUILD)/reports/one.log 2>&1; \
	  then echo "  TEST    $${program#$(BUILD)/}"; \
	  else \
	    echo "  FAILED  $${program#$(BUILD)/}"; cat $(BUILD)/reports/one.log; \
	    grep -q '^not ok ' $(BUILD)/reports/one.log || echo "not ok $$program did not end well" >> $(BUILD)/reports/one.log; \
	  fi; cat $(BUILD)/reports/one.log >> $(1); \
	done; rm -f $(BUILD)/reports/one.log
endef

# test-run-node REPORT FILES: runs black-box tests against this build; the summary decides what it was worth.
define test-run-node
	@mkdir -p $(dir $(1)) && rm -f $(1)
	$(Q)$(TEST_SANITIZE) ENTENTE_BINARY=$(abspath $(BUILD)/$(NAME)) \
	timeout --foreground --kill-after=10 $(TEST_RUN_S) node --test --test-concurrency=2 --test-timeout=$(TEST_FILE_S)000 \
	  --test-reporter=$(if $(V),spec,dot) --test-reporter-destination=stdout --test-reporter=tap --test-reporter-destination=$(1) $(2) \
	  || [ $$? -lt 124 ] || echo "not ok the tests did not end within $(TEST_RUN_S) s" >> $(1)
	@sed -n '/^ *not ok/,/^ *\.\.\./p' $(1)
endef

.PHONY: test test-all test-file test-tools test-threads test-huge $(TEST_PARTS)
test-all: export TEST_UNDER_ASAN = $(TEST_API)
test-all: test ## runs all tests, each black-box test also where every access to memory is watched
test: export TEST_UNDER_ASAN ?= $(TEST_MEMORY)
test: ## installs what is missing, builds, and runs the tests, also with sanitizers
	@rm -f $(TEST_REPORTS)
	@for part in $(TEST_PARTS); do echo "  MAKE    $$part"; $(MAKE) --no-print-directory -j $(TEST_JOBS) $$part || :; done
	@node tests/summary.js $(TEST_REPORTS)

test-tools:
	$(call debian-install,$(TEST_PACKAGES))

test-unit: $(TEST_PROGRAMS) ## runs the unit tests
	$(call test-run-unit,$(BUILD)/reports/unit.tap,$(TEST_PROGRAMS))
	@node tests/summary.js $(BUILD)/reports/unit.tap

# Whether char has a sign differs by machine; on arm64 it has none.
test-unsigned: ## runs the unit tests as on machines where char has no sign
	@$(MAKE) --no-print-directory EXTRA_CFLAGS=-funsigned-char BUILD=$(BUILD)/unsigned test-unit || :
	@mkdir -p $(BUILD)/reports
	@cp $(BUILD)/unsigned/reports/unit.tap $(BUILD)/reports/unsigned-unit.tap
	@node tests/summary.js $(BUILD)/reports/unsigned-unit.tap

test-api: $(BUILD)/$(NAME) $(TEST_NODE) test-tools ## runs the black-box tests
	$(call test-run-node,$(BUILD)/reports/api.tap,$(TEST_API) $(TEST_DOCUMENTS))
	@node tests/summary.js $(BUILD)/reports/api.tap

# A unit test's file, or one of black-box tests; of these PATTERN chooses tests by name.
test-file: FILE_PROGRAM = $(FILE:%.c=$(BUILD)/%)
test-file: $(BUILD)/$(NAME) ## runs the tests of FILE=tests/…/NAME, of black-box tests those that PATTERN names
	$(if $(FILE),,$(error FILE=tests/… says which))
	$(if $(filter %.c,$(FILE)),$(Q)$(MAKE) --no-print-directory $(FILE_PROGRAM) && $(TEST_SANITIZE) $(FILE_PROGRAM),$(Q)$(MAKE) --no-print-directory $(TEST_NODE) && $(TEST_SANITIZE) ENTENTE_BINARY=$(abspath $(BUILD)/$(NAME)) node --test --test-reporter=spec $(if $(PATTERN),--test-name-pattern='$(PATTERN)') $(FILE))

# Takes a quarter of an hour, and some gigabytes of disk.
test-huge: export ENTENTE_HUGE = 1
test-huge: TEST_FILE_S = 5400
test-huge: TEST_RUN_S = 5400
test-huge: $(BUILD)/$(NAME) $(TEST_NODE) ## imports 5,000,000 records and 2 GiB, in little memory
	$(call test-run-node,$(BUILD)/reports/huge.tap,tests/api/import-huge.test.js)
	@node tests/summary.js $(BUILD)/reports/huge.tap

test-asan: $(TEST_NODE) ## runs unit and black-box tests where every access to memory is watched
	@$(MAKE) --no-print-directory SANITIZE=address,undefined BUILD=$(BUILD)/asan test-unit || :
	@ENTENTE_KILLS=10 ENTENTE_IMPORT_MIB=1 $(MAKE) --no-print-directory SANITIZE=address,undefined BUILD=$(BUILD)/asan \
	  TEST_API="$${TEST_UNDER_ASAN:-$(TEST_MEMORY)}" test-api || :
	@mkdir -p $(BUILD)/reports
	@cp $(BUILD)/asan/reports/unit.tap $(BUILD)/reports/asan-unit.tap
	@cp $(BUILD)/asan/reports/api.tap $(BUILD)/reports/asan-api.tap
	@node tests/summary.js $(BUILD)/reports/asan-unit.tap $(BUILD)/reports/asan-api.tap

test-tsan: $(TEST_NODE) ## runs the tests with threads and with many clients where every race is watched
	@$(MAKE) --no-print-directory SANITIZE=thread BUILD=$(BUILD)/tsan test-threads || :
	@mkdir -p $(BUILD)/reports
	@cp $(BUILD)/tsan/reports/unit.tap $(BUILD)/reports/tsan-unit.tap
	@cp $(BUILD)/tsan/reports/api.tap $(BUILD)/reports/tsan-api.tap
	@node tests/summary.js $(BUILD)/reports/tsan-unit.tap $(BUILD)/reports/tsan-api.tap

test-threads: $(BUILD)/$(NAME) $(TEST_THREADED) $(TEST_NODE) test-tools
	$(call test-run-unit,$(BUILD)/reports/unit.tap,$(TEST_THREADED))
	$(call test-run-node,$(BUILD)/reports/api.tap,$(TEST_THREADS))
	@node tests/summary.js $(BUILD)/reports/unit.tap $(BUILD)/reports/api.tap
