# For those who work on the program; nothing else needs it.

.PHONY: compdb hooks
compdb: $(CONFIG) ## writes compile_commands.json for clangd and editors
	$(Q)sh mk/compdb.sh $(CURDIR) src/main.c $(SOURCES) $(sort $(shell find tests/unit -name '*.c')) -- $(CC) $(CPPFLAGS) $(CFLAGS) > compile_commands.json

hooks: ## lets git check layout and rules before each commit; undo: git config --unset core.hooksPath
	$(Q)git config core.hooksPath mk/hooks
