# make alone lists what there is.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help migrations-reset

help: ## この一覧を表示する
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  \1\t\2/' | expand -t 22

migrations-reset: ## (until the first release) remake both apps' first migration
	rm -f outreach/migrations/0*.py followup/migrations/0*.py
	DEBUG=1 $(BIN)/python manage.py makemigrations --skip-checks outreach followup
