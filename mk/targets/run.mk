# `make run` shows the program with something in it. `make run LISTEN=127.0.0.1:9000 DB=/tmp/other.db` elsewhere.

LISTEN ?= 127.0.0.1:8080
DB     ?= data/entente.db

.PHONY: run
run: $(BUILD)/$(NAME) ## installs missing libraries, builds, loads the examples, serves (LISTEN, DB)
	@sh mk/run.sh $(BUILD)/$(NAME) "$(DB)" "$(LISTEN)"
