# 周知依頼トラッカー — make alone lists what there is.
PYTHON ?= python3
PORT ?= 8000
MAILS ?= 5000
SEED ?= 1
DATABASE ?= postgresql
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
PARALLEL := -n 2 --dist loadfile --no-loadscope-reorder
# Production settings for the deployment check; these values only have to be well-formed.
PRODUCTION := DEBUG=0 SECRET_KEY=check-check-check-check-check-check-check-check-check-0123456789 \
	ALLOWED_HOSTS=outreach.example BASE_URL=https://outreach.example \
	DATABASE_URL=postgresql://localhost/outreach REDIS_URL=redis://localhost:6379/0 \
	EMAIL_URL=submission://localhost:587 OUTREACH_VAR=var/check

.DEFAULT_GOAL := help
.PHONY: help run test test-services chaos test-browser browser-packages lint types check-migrations check-deploy bench clean

help: ## この一覧を表示する
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' | expand -t 20

.venv/run-installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 以上が必要です（PYTHON=python3.12 make … で指定できます）。"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/dev-installed: .venv/run-installed requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

run: export DEBUG = 1
run: export OUTREACH_TODAY ?= 2023-09-04
run: export BASE_URL ?= http://localhost:$(PORT)
run: export PORT := $(PORT)
run: .venv/run-installed ## 一式を起動する（初回は準備もする）。終了は Ctrl-C
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py load_demo
	@echo "→ $(BASE_URL) を開いてください。終了は Ctrl-C です。"
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/honcho start

test: .venv/dev-installed ## 全テスト（組込みの既定構成：SQLite とファイルの待ち行列）
	$(PYTEST) $(PARALLEL) -m "not browser and not services" $(ARGS)

test-services: .venv/dev-installed ## 同じテストと実ワーカーの試験（本物の PostgreSQL と Valkey/Redis を自動で起動）
	$(BIN)/python -W ignore -m tests.servers $(PYTEST) $(PARALLEL) -m "not browser" $(ARGS)

chaos: .venv/dev-installed ## 実ワーカーを止め、凍らせ、待ち行列を空にしながら送る嵐（MAILS=5000 SEED="1 2 3 4 5" DATABASE=postgresql|sqlite）
	$(BIN)/python -W ignore -m tests.chaos --database $(DATABASE) --mails $(MAILS) --seeds $(SEED) $(ARGS)

test-browser: .venv/dev-installed browser-packages ## ブラウザー（Chromium）で両方の利用者の操作とアクセシビリティを試す
	$(PYTEST) -n 2 --dist load --maxschedchunk 1 -m browser $(ARGS)

browser-packages:
	@if ! command -v chromium >/dev/null || ! command -v soffice >/dev/null || ! fc-list :lang=ja | grep -q .; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
			chromium fonts-noto-cjk fontconfig libreoffice-calc libreoffice-writer poppler-utils >/dev/null; fi

lint: .venv/dev-installed ## 書式と規約を調べる
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djlint --lint --quiet templates

types: .venv/dev-installed ## 型を調べる
	DEBUG=1 $(BIN)/mypy outreach followup tests manage.py

check-migrations: .venv/dev-installed ## 作り忘れたマイグレーションがないか調べる
	DEBUG=1 $(BIN)/python manage.py makemigrations --check --dry-run

check-deploy: .venv/run-installed ## 本番の設定を調べる
	$(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING

bench: .venv/dev-installed ## 速さを同じ実行の中の基準と比べる
	DEBUG=1 $(BIN)/python manage.py bench $(ARGS)

clean: ## 実行で生じたもの（var/）を消す
	rm -rf var
