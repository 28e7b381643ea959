# entente: `make run` and `make test` do everything; `make help` lists the rest. V=1 shows the commands.

NAME     := entente
BUILD    ?= build
VERSION  := $(shell sed -n 's/^  version: *//p' openapi.yaml | head -1)
# organizations|areas|agreements: the resources, as the command line names them.
RESOURCES := $(shell sed -n 's/.*x-resource: {path: \([a-z_]*\),.*/\1/p' openapi.yaml | paste -sd "|")
CC       ?= cc
PACKAGES := libmicrohttpd gnutls sqlite3 jansson yaml-0.1 libsodium libutf8proc zlib talloc libcurl libical
Q        := $(if $(V),,@)

.DEFAULT_GOAL := all
include mk/deps.mk

# What the compiler and the libraries ask for, found out once; makes sure first that they are there.
CONFIG := $(BUILD)/config.mk
ifeq ($(filter clean help deps,$(MAKECMDGOALS)),)
include $(CONFIG)
endif
$(CONFIG): mk/config.sh $(DEPS_READY) Makefile
	@mkdir -p $(@D)
	$(Q)sh mk/config.sh $(CC) $(PACKAGES) > $@.new && mv $@.new $@

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Werror -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes -Wvla $(PROBED_WARNINGS)
HARDEN   := -fstack-protector-strong -fPIE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 $(PROBED_HARDENING)
LINK     := -pie -Wl,-z,relro,-z,now,-z,noexecstack
OPTIMIZE ?= -O2 -g
ifneq ($(SANITIZE),)
HARDEN   := -fPIE -fno-omit-frame-pointer -fsanitize=$(SANITIZE) -fno-sanitize-recover=all
LINK     := -pie
OPTIMIZE := -O1 -g
endif
CPPFLAGS += -Isrc -D_GNU_SOURCE -DENTENTE_VERSION='"$(VERSION)"' -DENTENTE_RESOURCES='"$(RESOURCES)"'
CFLAGS   := -std=c11 $(OPTIMIZE) $(WARNINGS) $(HARDEN) $(EXTRA_CFLAGS) $(PACKAGE_CFLAGS)
LDFLAGS  += $(LINK) $(EXTRA_LDFLAGS)
LDLIBS   := $(PACKAGE_LIBS) -lpthread -lm

SOURCES := $(filter-out src/main.c,$(wildcard src/*/*.c src/*/*/*.c))
OBJECTS := $(SOURCES:%.c=$(BUILD)/%.o) $(BUILD)/assets.o
ASSETS  := openapi.yaml $(sort $(shell find sql tables web -type f) $(wildcard docs/*.md))

.PHONY: all help clean always
all: $(BUILD)/$(NAME) ## builds build/entente

$(BUILD)/$(NAME): $(OBJECTS) $(BUILD)/src/main.o
	@echo "  LD      $@"
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/%.o: %.c $(CONFIG)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# The embedded files: one assembler source that includes each byte for byte, and a table of them.
$(BUILD)/assets.S: $(ASSETS) $(BUILD)/assets.list mk/assets.sh Makefile
	@mkdir -p $(@D)
	$(Q)sh mk/assets.sh $(ASSETS) > $@
# Newer when a file came or went.
$(BUILD)/assets.list: always
	@mkdir -p $(@D)
	@echo $(ASSETS) | cmp -s - $@ || echo $(ASSETS) > $@
$(BUILD)/assets.o: $(BUILD)/assets.S $(ASSETS)
	@echo "  AS      $@"
	$(Q)$(CC) -c -I. -o $@ $<

include $(wildcard mk/targets/*.mk)

help: ## lists the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24 | sort

clean: ## deletes the build folder
	rm -rf $(BUILD)

-include $(shell find $(BUILD)/src $(BUILD)/tests -name '*.d' 2>/dev/null)
