# A Debian package of what is under version control: build/deb/entente_VERSION_ARCHITECTURE.deb.

DEB_PACKAGES := dpkg-dev debhelper lintian git
DEB_SOURCE   := $(BUILD)/deb/$(NAME)-$(VERSION)

.PHONY: deb
deb: ## builds a Debian package, and checks it with lintian
	$(call debian-install,$(DEB_PACKAGES))
	$(Q)rm -rf $(BUILD)/deb && mkdir -p $(DEB_SOURCE)
	$(Q)git ls-files -z | xargs -0 cp --parents -t $(DEB_SOURCE)
	$(Q)mv $(DEB_SOURCE)/packaging/debian $(DEB_SOURCE)/debian
	$(Q)sh mk/deb-changelog.sh $(NAME) $(VERSION) CHANGELOG.md > $(DEB_SOURCE)/debian/changelog
	$(Q)cd $(DEB_SOURCE) && env -u MAKEFLAGS -u MAKELEVEL dpkg-buildpackage --build=binary --no-sign > ../build.log 2>&1 || { tail -n 40 ../build.log; exit 1; }
	$(Q)lintian --fail-on error,warning --allow-root $(BUILD)/deb/*.changes
	@echo "  DEB     $$(ls $(BUILD)/deb/$(NAME)_*.deb)"

.PHONY: test-deb
test-deb: deb ## builds the Debian package, installs it if CI=true, and tests it
	$(Q)ENTENTE_BUILD=$(abspath $(BUILD)) node --test tests/package/
