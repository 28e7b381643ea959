# Puts the program, its manual, its completion and its service where the system looks for them.

PREFIX  ?= /usr/local
BINDIR  ?= $(PREFIX)/bin
MANDIR  ?= $(PREFIX)/share/man
UNITDIR ?= $(PREFIX)/lib/systemd/system
COMPDIR ?= $(PREFIX)/share/bash-completion/completions
EXAMPLES ?= $(PREFIX)/share/doc/$(NAME)/examples

.PHONY: install
install: $(BUILD)/$(NAME) ## installs program, manual, completion and service (PREFIX, DESTDIR)
	@echo "  INSTALL $(DESTDIR)$(PREFIX)"
	$(Q)install -D -m 0755 $(BUILD)/$(NAME) $(DESTDIR)$(BINDIR)/$(NAME)
	$(Q)install -D -m 0644 packaging/entente.1 $(DESTDIR)$(MANDIR)/man1/entente.1
	$(Q)install -D -m 0644 packaging/entente.bash $(DESTDIR)$(COMPDIR)/entente
	$(Q)install -d -m 0755 $(DESTDIR)$(UNITDIR) $(DESTDIR)$(EXAMPLES)
	$(Q)sed 's|/usr/local/bin/|$(BINDIR)/|' packaging/entente.service > $(DESTDIR)$(UNITDIR)/entente.service
	$(Q)sed 's|/usr/local/bin/|$(BINDIR)/|' packaging/entente-backup.service > $(DESTDIR)$(UNITDIR)/entente-backup.service
	$(Q)install -m 0644 packaging/entente.socket packaging/entente-backup.timer $(DESTDIR)$(UNITDIR)/
	$(Q)install -m 0644 packaging/nginx.conf packaging/Caddyfile packaging/entente-tls.conf packaging/monitoring/* examples/press-release.ndjson $(DESTDIR)$(EXAMPLES)/
	$(Q)chmod 0644 $(DESTDIR)$(UNITDIR)/entente.service $(DESTDIR)$(UNITDIR)/entente-backup.service
