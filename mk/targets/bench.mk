# Measures entente against bare programs that do the same without it. The registry of 100,000 agreements is made once and kept.

BENCH_PROGRAMS := load bare_http bare_view bare_create
BENCH := $(BENCH_PROGRAMS:%=$(BUILD)/bench/%)
BENCH_PACKAGES := $(if $(shell command -v node),,nodejs)

.PHONY: bench bench-programs
bench: $(BUILD)/$(NAME) bench-programs ## measures, and prints one table: figure, limit, ratio, met or not
	$(call debian-install,$(BENCH_PACKAGES))
	$(Q)node tests/bench/bench.js $(abspath $(BUILD)/$(NAME)) $(abspath $(BUILD))

bench-programs: $(BENCH)
$(BENCH): $(BUILD)/bench/%: $(BUILD)/tests/bench/%.o
	@mkdir -p $(@D)
	@echo "  LD      $@"
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
