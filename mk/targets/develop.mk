# For those who work on the program; nothing else needs it.

.PHONY: compdb hooks
compdb: $(CONFIG) ## writes compile_commands.json, by which editors and clangd know how each file is compiled
	$(Q)sh mk/compdb.sh $(CURDIR) src/main.c $(SOURCES) $(sort $(shell find tests/unit -name '*.c')) -- $(CC) $(CPPFLAGS) $(CFLAGS) > compile_commands.json

hooks: ## has git check layout and rules of what changed before each commit; `git config --unset core.hooksPath` ends that
	$(Q)git config core.hooksPath mk/hooks
