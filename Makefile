# Everything is set up here: the venv is made or updated if it is missing, or if pyproject.toml or requirements.lock changed.
PYTHON ?= python3
VENV := .venv
RAG := $(VENV)/bin/rag
READY := $(VENV)/.ready

.PHONY: run test quick format lock faults test-cluster check index bench ask eval seeds-changed
.DEFAULT_GOAL := run

$(READY): pyproject.toml requirements.lock
	test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --constraint requirements.lock --editable '.[dev]'
	touch $@

run: index/CURRENT    ## build the index if need be and serve the browser chat
	$(RAG) serve

# anything in seeds/ that changed since, whatever its kind, name and folder
CHANGED := $(shell test -e index/CURRENT && find seeds -newer index/CURRENT | head -n 1)

# and the program itself: another version may read files or keep an index otherwise
index/CURRENT: $(READY) $(shell find rag -name '*.py') $(if $(CHANGED),seeds-changed)
	$(RAG) index

seeds-changed:

index: $(READY)       ## build the index from seeds/, or bring it up to date
	$(RAG) index

ask: index/CURRENT    ## make ask Q="平湖签约了哪些人工智能项目？"
	@$(RAG) ask "$(Q)"

check: $(READY)       ## lint, format, types, the import rule, the declared packages
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-logo
	$(VENV)/bin/deptry .

format: $(READY)      ## put every file into the house's form
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

test: check           ## the whole suite
	$(VENV)/bin/python -m pytest

quick: $(READY)       ## what can be tested in under a minute
	@start=$$(date +%s); $(VENV)/bin/python -m pytest -m "not slow and not server and not browser" && \
	    echo "make quick: $$(( $$(date +%s) - start )) s"

lock: $(READY)        ## requirements.lock anew, from what pyproject.toml allows
	$(VENV)/bin/pip-compile --quiet --extra dev --strip-extras --no-emit-index-url --no-emit-find-links --no-annotate --no-header \
	    --output-file requirements.lock pyproject.toml
	sed -i -e '/^# The following packages/,$$d' -e 's/^\(torch==[0-9.]*\)+.*/\1/' -e '1i \# The exact versions that the tests have passed with, made by `make lock`. pip takes them as constraints.' requirements.lock

FAULTS := kills full_disk damage manifest journal writers clock

faults: $(READY)      ## the fault tests of the index alone: kill -9, full disk, flipped bytes, two writers
	$(VENV)/bin/python -m pytest $(FAULTS:%=tests/faults/test_%.py)

test-cluster: $(READY) ## a Milvus cluster that loses a query node; wants Debian's etcd-server
	unshare --map-root-user --net $(VENV)/bin/python -m pytest -s --noconftest -p no:cacheprovider tests/vectors/milvus_cluster.py

RANKERS := dense,lexical,fused
HALVES := pinghu off_topic
SAMPLES ?= eval/data/sets/cmrc2018-sample eval/data/sets/dureader-robust-sample
RESULTS := $(HALVES:%=eval/out/%-test-dense-lexical-fused.json) \
           $(foreach s,$(SAMPLES),eval/out/$(notdir $(s))-dense-lexical-fused.json)

eval: index/CURRENT   ## every set, every ranker, one table; SAMPLES="FOLDER..." names other sets with a corpus
	for set in $(HALVES); do $(RAG) eval eval/data/sets/$$set.jsonl --half test --compare $(RANKERS) || exit; done
	for set in $(SAMPLES); do $(RAG) eval $$set --compare $(RANKERS) || exit; done
	$(VENV)/bin/python -m eval.harness.table $(RESULTS)

CORPUS ?= eval/data/sets/dureader-robust-sample

bench: index/CURRENT  ## speed, size and recall, each beside its baseline; CORPUS=FOLDER names the set for what needs one
	$(VENV)/bin/python -m eval.bench.pipeline
	$(VENV)/bin/python -m eval.bench.vectors
	$(VENV)/bin/python -m eval.bench.words $(CORPUS)
	$(VENV)/bin/python -m eval.bench.index
	$(VENV)/bin/python -m eval.bench.peers $(CORPUS)
