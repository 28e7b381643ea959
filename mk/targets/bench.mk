# Measures entente against bare programs that do the same without it. The registries of 100,000 and of
# 1,000,000 agreements are made once and kept.

BENCH_PROGRAMS := load follow bare_http bare_view bare_create bare_scan indexes multiply
BENCH := $(BENCH_PROGRAMS:%=$(BUILD)/bench/%)
BENCH_PACKAGES := $(if $(shell command -v node),,nodejs) valgrind

.PHONY: bench bench-indexes bench-programs
bench: $(BUILD)/$(NAME) bench-programs ## measures against bare programs and prints a table; HALF=serving or finding: one half
	$(call debian-install,$(BENCH_PACKAGES))
	$(Q)node tests/bench/bench.js $(abspath $(BUILD)/$(NAME)) $(abspath $(BUILD)) $(HALF)

bench-indexes: bench-programs ## measures what each index costs a create, on the registry of `make bench`
	$(Q)$(BUILD)/bench/indexes $(firstword $(wildcard $(BUILD)/bench/registry-*.db))

bench-programs: $(BENCH)
$(BENCH): $(BUILD)/bench/%: $(BUILD)/tests/bench/%.o
	@mkdir -p $(@D)
	@echo "  LD      $@"
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
