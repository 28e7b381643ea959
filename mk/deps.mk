# Installs what is missing, on Debian and its kin: `make deps`. The stamp remembers the list that was last seen complete.

DEBIAN_PACKAGES := gcc libc6-dev pkg-config libmicrohttpd-dev libgnutls28-dev libsqlite3-dev libjansson-dev libyaml-dev libsodium-dev \
                   libutf8proc-dev zlib1g-dev libtalloc-dev libcurl4-openssl-dev libical-dev libcmocka-dev libsystemd-dev tzdata curl ca-certificates
DEPS_READY := $(BUILD)/.deps
AS_ROOT := $(if $(filter 0,$(shell id -u)),,sudo)

# debian-install LIST: installs those packages of LIST that are not there yet.
define debian-install
	@missing=""; for p in $(1); do dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then echo "  APT    $$missing"; \
	  $(AS_ROOT) apt-get update -qq && $(AS_ROOT) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; fi
endef

.PHONY: deps
deps: ## installs the libraries of the build (Debian)
	@mkdir -p $(BUILD)
	$(call debian-install,$(DEBIAN_PACKAGES))
	@touch $(DEPS_READY)

ifeq ($(shell command -v dpkg-query 2>/dev/null),)
$(DEPS_READY):
	@mkdir -p $(@D) && touch $@
else
$(DEPS_READY): mk/deps.mk
	@$(MAKE) --no-print-directory deps
endif
