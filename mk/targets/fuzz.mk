# Fuzzing: each target gets FUZZ_SECONDS of libFuzzer under address and undefined-behaviour sanitizers, from the corpus that is
# kept in tests/fuzz/corpus/. What is found new stays in the build folder; `make fuzz-keep` takes the worthwhile part into the tree.

FUZZ_SECONDS  ?= $(if $(NIGHTLY),60,10)
FUZZ_JOBS     ?= $(shell nproc)
FUZZ_BUILD    := $(BUILD)/fuzz
FUZZ_PACKAGES := clang libclang-rt-dev
FUZZ_TARGETS  := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_PROGRAMS := $(FUZZ_TARGETS:%=$(BUILD)/run/%)
FUZZ_OBJECTS  := $(filter $(addprefix $(BUILD)/src/,base/% contract/% domain/% request/cursor.o),$(OBJECTS)) $(BUILD)/assets.o
FUZZ_MAKE     := $(MAKE) --no-print-directory CC=clang BUILD=$(FUZZ_BUILD) SANITIZE=fuzzer-no-link,address,undefined

.PHONY: fuzz fuzz-programs fuzz-keep
fuzz: ## fuzzes the parsers, FUZZ_SECONDS each: 10, or 60 with NIGHTLY=1
	$(call debian-install,$(FUZZ_PACKAGES))
	$(Q)$(FUZZ_MAKE) fuzz-programs
	$(Q)printf '%s\n' $(FUZZ_TARGETS) | xargs -P $(FUZZ_JOBS) -n 1 sh tests/fuzz/run.sh $(FUZZ_BUILD) $(FUZZ_SECONDS)

fuzz-keep: fuzz
	$(Q)for target in $(FUZZ_TARGETS); do \
	  $(FUZZ_BUILD)/run/$$target -merge=1 tests/fuzz/corpus/$$target $(FUZZ_BUILD)/corpus/$$target 2>&1 | tail -1; done

# The rest is made with BUILD at the fuzz folder.
fuzz-programs: $(FUZZ_PROGRAMS)
$(BUILD)/run/%: $(BUILD)/tests/fuzz/fuzz_%.o $(FUZZ_OBJECTS)
	@mkdir -p $(@D)
	@echo "  LD      $@"
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LDLIBS)
