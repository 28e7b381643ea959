# The disk that fails on demand (tests/fault/fault.c), for the tests that put it under the server.

FAULT := $(BUILD)/tests/fault.so

$(FAULT): tests/fault/fault.c $(CONFIG)
	@mkdir -p $(@D)
	@echo "  LD      $@"
	$(Q)$(CC) -std=c11 -D_GNU_SOURCE -O1 -g $(WARNINGS) -fPIC -shared -o $@ $< -ldl -lpthread

.PHONY: fault
fault: $(FAULT) ## builds the library that makes disk operations fail, for tests
