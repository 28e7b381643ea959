# entente: `make run` and `make test` do everything; `make help` lists the rest. V=1 shows the commands.

NAME     := entente
BUILD    ?= build
PREFIX   ?= /usr/local
DESTDIR  ?=
VERSION  := $(shell sed -n 's/^  version: *//p' openapi.yaml | head -1)
CC       ?= cc
PACKAGES := libmicrohttpd sqlite3 jansson yaml-0.1 libsodium libutf8proc zlib talloc libcurl
Q        := $(if $(V),,@)

include mk/deps.mk

probe     = $(shell $(CC) -Werror $(1) -x c -c /dev/null -o /dev/null 2>/dev/null && echo '$(1)')
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Werror -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes -Wvla \
            $(call probe,-Wtrampolines) $(call probe,-Wbidi-chars=any) $(call probe,-Wimplicit-fallthrough)
HARDEN   := -fstack-protector-strong -fPIE -D_FORTIFY_SOURCE=2 $(call probe,-fcf-protection=full) \
            $(call probe,-fstack-clash-protection) $(call probe,-fstrict-flex-arrays=3) $(call probe,-ftrivial-auto-var-init=zero)
LINK     := -pie -Wl,-z,relro,-z,now,-z,noexecstack
OPTIMIZE ?= -O2 -g
ifneq ($(SANITIZE),)
HARDEN   := -fPIE -fno-omit-frame-pointer -fsanitize=$(SANITIZE) -fno-sanitize-recover=all
LINK     := -pie
OPTIMIZE := -O1 -g
endif
SYSTEMD  := $(shell pkg-config --exists libsystemd 2>/dev/null && echo libsystemd)
CPPFLAGS += -Isrc -D_GNU_SOURCE -DENTENTE_VERSION='"$(VERSION)"' $(if $(SYSTEMD),-DHAVE_SYSTEMD)
CFLAGS   := -std=c11 $(OPTIMIZE) $(WARNINGS) $(HARDEN) $(EXTRA_CFLAGS) $(shell pkg-config --cflags $(PACKAGES) $(SYSTEMD) 2>/dev/null)
LDFLAGS  += $(LINK) $(EXTRA_LDFLAGS)
LDLIBS   := $(shell pkg-config --libs $(PACKAGES) $(SYSTEMD) 2>/dev/null) -lpthread

SOURCES := $(filter-out src/main.c,$(wildcard src/*/*.c))
OBJECTS := $(SOURCES:%.c=$(BUILD)/%.o) $(BUILD)/assets.o
ASSETS  := openapi.yaml $(sort $(shell find sql web -type f))

.DEFAULT_GOAL := all
.PHONY: all help clean
all: $(BUILD)/$(NAME)

$(BUILD)/$(NAME): $(OBJECTS) $(BUILD)/src/main.o
	@echo "  LD      $@"
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/%.o: %.c | $(DEPS_READY)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# The embedded files: one assembler source that includes each byte for byte, and a table of them.
$(BUILD)/assets.S: $(ASSETS) mk/assets.sh Makefile
	@mkdir -p $(@D)
	$(Q)sh mk/assets.sh $(ASSETS) > $@
$(BUILD)/assets.o: $(BUILD)/assets.S $(ASSETS)
	@echo "  AS      $@"
	$(Q)$(CC) -c -I. -o $@ $<

include $(wildcard mk/targets/*.mk)

help: ## lists the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20 | sort

clean: ## removes what was built
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
