# `make demo` and `make test` do all the set-up they need in a private environment, .venv; a second run needs no network.
# Paths are relative, so that the folder may lie anywhere.

VENV := .venv
ifeq ($(OS),Windows_NT)
VENV_PYTHON := $(VENV)/Scripts/python.exe
else
VENV_PYTHON := $(VENV)/bin/python
endif

# Holds environments as a person's computer does, below `environments`.
BACKENDS := $(VENV)-backends
BACKENDS_PYTHON := $(subst $(VENV)/,$(BACKENDS)/environments/all-backends/,$(VENV_PYTHON))
# panoptica wants a numpy older than the one that is tested with.
PANOPTICA := $(VENV)-panoptica
PANOPTICA_PYTHON := $(subst $(VENV)/,$(PANOPTICA)/,$(VENV_PYTHON))
BACKENDS_TABLE := $(wildcard SpineDigitalTwin/spinetwin/jobs/environments/requirements.csv)

# May be set: make PYTHON=/usr/bin/python3.12 WORKERS=8 test
PYTHON ?=
WORKERS ?= 2
OUT ?= demo
PYTEST_ARGS ?=
TRAINING_ARGS ?=

PIP := -m pip --disable-pip-version-check install -qq --no-warn-script-location
export PIP_ROOT_USER_ACTION := ignore
export PYTHONUTF8 := 1
# Tests start hundreds of processes; a computer that keeps no compiled files would compile the package anew for each.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test try-backends try-engines try-panoptica lint format accuracy convergence cross-check measurements separation embedded embedded-model train-landmarks train-transvert transvert-ablations xray-networks transvert images evaluation realism xray pictures benchmark cmake-lists clean
.DEFAULT_GOAL := help

help:
	@echo "make demo       compute a spine and print where its report lies"
	@echo "make test       check style and types, run all tests"
	@echo "make lint       check style and types only"
	@echo "make format     let ruff rewrite what it can"
	@echo "make accuracy   measure the accuracy on spines with known truth"
	@echo "make convergence  compare the volumes of voxels with the continuous ones"
	@echo "make measurements  compare measured angles and sizes with the truth"
	@echo "make separation    tell vertebrae apart without a network, and compare with the truth"
	@echo "make embedded   measure the network that comes with the package, on phantoms and on real scans"
	@echo "make embedded-model  train that network anew, for hours; goes on where it was stopped"
	@echo "make train-transvert  train the network of volumes from radiographs; goes on where it was stopped"
	@echo "make transvert-ablations  train it for few steps, whole and without one part or another"
	@echo "make transvert  measure that network on phantoms, beside the shapes that are fitted"
	@echo "make cross-check  compare the loads with OpenSim and MuJoCo, on phantoms"
	@echo "make images     measure seconds and memory of the phantom's images"
	@echo "make evaluation  compare the numbers of an evaluation with panoptica's, and the seconds"
	@echo "make pictures   draw the thumbnails and pictures of the README anew"
	@echo "make realism    compare the phantom's vertebrae with real ones"
	@echo "make xray       measure the reconstruction from two radiographs, on phantoms"
	@echo "make xray-networks  measure the network that finds landmarks on radiographs, on synthetic films"
	@echo "make train-landmarks  train that network, for hours; goes on where it was stopped"
	@echo "make benchmark  compare with the reference implementation, side by side"
	@echo "make cmake-lists  renew the lists of packaged files for 3D Slicer"
	@echo "make clean      remove .venv and everything generated"

demo: $(VENV)/installed-base
	@$(VENV_PYTHON) -m spinetwin demo --out "$(OUT)"

# The tests of the backends want the published packages, in an environment that the product's own installer makes; where they cannot
# be had, those tests are skipped and say so. What is checked and what is installed do not need each other, and each takes one core.
test:
	@$(MAKE) --no-print-directory --jobs 2 lint try-backends try-engines try-panoptica
	@if [ -e $(BACKENDS)/installed ]; then export SPINETWIN_BACKENDS_PYTHON="$(BACKENDS_PYTHON)"; fi; \
	  if [ -e $(BACKENDS)/installed-engines ]; then export SPINETWIN_ENGINES="$(BACKENDS)"; fi; \
	  if [ -e $(PANOPTICA)/installed ]; then export SPINETWIN_PANOPTICA_PYTHON="$(PANOPTICA_PYTHON)"; fi; \
	  $(VENV_PYTHON) -m pytest -n $(WORKERS) --dist worksteal $(PYTEST_ARGS)

# One thread each: workers that compute with as many threads as there are cores wait for each other.
test: export OMP_NUM_THREADS := $(or $(OMP_NUM_THREADS),1)
# Arrays come and go by the thousand; handed back to the system each time, they cost up to a quarter of the time (glibc only).
test: export MALLOC_MMAP_THRESHOLD_ := 268435456
test: export MALLOC_TRIM_THRESHOLD_ := 536870912

try-backends: $(VENV)/installed-test
	@$(MAKE) --no-print-directory $(BACKENDS)/installed \
	  || echo "The packages of the backends could not be installed; their tests are skipped." >&2

try-engines: $(VENV)/installed-test
	@$(MAKE) --no-print-directory $(BACKENDS)/installed-engines \
	  || echo "OpenSim and MuJoCo could not be installed; the tests that compare with them are skipped." >&2

try-panoptica:
	@$(MAKE) --no-print-directory $(PANOPTICA)/installed \
	  || echo "panoptica could not be installed; the tests that compare with it are skipped." >&2

lint: $(VENV)/installed-test
	@$(VENV_PYTHON) -m ruff check --quiet .
	@$(VENV_PYTHON) -m ruff format --check --quiet . || { echo "Some files are not formatted: run 'make format'."; exit 1; }
	@$(VENV_PYTHON) -m mypy --no-error-summary

format: $(VENV)/installed-test
	@$(VENV_PYTHON) -m ruff check --fix .
	@$(VENV_PYTHON) -m ruff format .

accuracy: $(VENV)/installed-base
	@$(VENV_PYTHON) benchmarks/accuracy.py

convergence: $(VENV)/installed-base
	@$(VENV_PYTHON) benchmarks/convergence.py

# Meshes are read with VTK, which comes with the test environment.
measurements: $(VENV)/installed-base
	@$(VENV_PYTHON) benchmarks/measurements.py

separation: $(VENV)/installed-base
	@$(VENV_PYTHON) benchmarks/separation.py

embedded: $(VENV)/installed-base
	@$(VENV_PYTHON) benchmarks/embedded.py --out embedded

cross-check: $(BACKENDS)/installed-engines
	@SPINETWIN_HOME="$(BACKENDS)" $(VENV_PYTHON) benchmarks/cross_check.py

images: $(VENV)/installed-base
	@$(VENV_PYTHON) benchmarks/images.py

pictures: $(VENV)/installed-base
	@$(VENV_PYTHON) Resources/draw_samples.py
	@$(VENV_PYTHON) Resources/draw_phantoms.py

evaluation: $(VENV)/installed-base $(PANOPTICA)/installed
	@SPINETWIN_PANOPTICA_PYTHON="$(PANOPTICA_PYTHON)" $(VENV_PYTHON) benchmarks/evaluation.py

realism: $(VENV)/installed-test
	@$(VENV_PYTHON) benchmarks/realism.py

xray: $(VENV)/installed-xray
	@$(VENV_PYTHON) benchmarks/xray.py

xray-networks: $(VENV)/installed-xray
	@$(VENV_PYTHON) benchmarks/xray_networks.py

transvert: $(VENV)/installed-xray
	@$(VENV_PYTHON) benchmarks/xray_transvert.py

# The reference implementation has its own pins; it never shares an environment with the tests.
benchmark: $(VENV)-benchmark/installed
	@$(subst $(VENV)/,$(VENV)-benchmark/,$(VENV_PYTHON)) benchmarks/against_tptbox.py

cmake-lists: $(VENV_PYTHON)
	@$(VENV_PYTHON) Testing/cmake_lists.py

# Large arrays come and go with every step; kept in huge pages and not handed back, they cost a fifth less time (glibc only).
embedded-model: $(VENV)-training/installed
	@GLIBC_TUNABLES=glibc.malloc.hugetlb=1 MALLOC_MMAP_THRESHOLD_=1000000000 MALLOC_TRIM_THRESHOLD_=17179869184 \
	  PYTHONPATH=training $(subst $(VENV)/,$(VENV)-training/,$(VENV_PYTHON)) \
	  -m embedded.train --out embedded-model $(TRAINING_ARGS)
	@PYTHONPATH=training $(subst $(VENV)/,$(VENV)-training/,$(VENV_PYTHON)) \
	  -m embedded.export embedded-model --out embedded-model

$(VENV)-training/installed: pyproject.toml
	@$(FIND_PYTHON); "$$found" -m venv $(VENV)-training
	@echo "Installing torch (once, some minutes)"
	@$(subst $(VENV)/,$(VENV)-training/,$(VENV_PYTHON)) $(PIP) torch==2.13.0
	@$(subst $(VENV)/,$(VENV)-training/,$(VENV_PYTHON)) $(PIP) onnx --editable .
	@touch $@

# Films of random people are rendered with numba, from shape models that want VTK.
train-landmarks: $(VENV)-training/installed-xray
	@PYTHONPATH=training $(subst $(VENV)/,$(VENV)-training/,$(VENV_PYTHON)) \
	  -m radiographs.landmarks.train --out landmarks-model $(TRAINING_ARGS)
	@PYTHONPATH=training $(subst $(VENV)/,$(VENV)-training/,$(VENV_PYTHON)) \
	  -m radiographs.landmarks.export landmarks-model --out landmarks-model

train-transvert: $(VENV)-training/installed-xray
	@PYTHONPATH=training $(subst $(VENV)/,$(VENV)-training/,$(VENV_PYTHON)) \
	  -m radiographs.transvert.train --out transvert $(TRAINING_ARGS)
	@PYTHONPATH=training $(subst $(VENV)/,$(VENV)-training/,$(VENV_PYTHON)) \
	  -m radiographs.transvert.export transvert --out transvert

transvert-ablations: $(VENV)-training/installed-xray
	@PYTHONPATH=training $(subst $(VENV)/,$(VENV)-training/,$(VENV_PYTHON)) \
	  -m radiographs.transvert.ablations --out transvert-ablations $(TRAINING_ARGS)

$(VENV)-training/installed-xray: $(VENV)-training/installed
	@$(subst $(VENV)/,$(VENV)-training/,$(VENV_PYTHON)) $(PIP) --editable ".[xray]"
	@touch $@

clean:
	rm -rf $(VENV) $(VENV)-benchmark $(VENV)-training $(PANOPTICA) $(BACKENDS) demo accuracy embedded realism build dist
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -rf SpineDigitalTwin/spinetwin.egg-info
	find SpineDigitalTwin Testing benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# A name on the path is no proof that it runs (a pyenv shim may not), so each candidate is asked for its version.
define FIND_PYTHON
found=; \
for each in "$(PYTHON)" python3.13 python3.12 python3.11 python3 python; do \
  if [ -n "$$each" ] && "$$each" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then found=$$each; break; fi; \
  if [ -n "$$each" ] && [ "$$each" = "$(PYTHON)" ]; then break; fi; \
done; \
if [ -z "$$found" ]; then \
  echo "SpineDigitalTwin needs Python 3.11 or newer; install one, or name it: make PYTHON=/path/to/python" >&2; exit 1; \
fi; \
if ! "$$found" -c 'import ensurepip, venv' >/dev/null 2>&1; then \
  echo "$$found lacks its venv module; install it (Debian, Ubuntu: apt install python3-venv)." >&2; exit 1; \
fi
endef

$(VENV_PYTHON):
	@$(FIND_PYTHON); echo "Creating $(VENV) with $$found"; "$$found" -m venv $(VENV)

$(VENV)/installed-base: pyproject.toml | $(VENV_PYTHON)
	@echo "Installing spinetwin (once, about a minute)"
	@$(VENV_PYTHON) $(PIP) --editable .
	@touch $@

$(VENV)/installed-test: pyproject.toml | $(VENV_PYTHON)
	@echo "Installing spinetwin and what its tests need (once, about two minutes)"
	@$(VENV_PYTHON) $(PIP) --editable ".[test,slicer]"
	@touch $@ $(VENV)/installed-base

$(VENV)/installed-xray: $(VENV)/installed-base
	@$(VENV_PYTHON) $(PIP) --editable ".[xray]"
	@touch $@

$(BACKENDS)/installed: $(BACKENDS_TABLE) | $(VENV)/installed-test
	@echo "Installing the packages of the backends (once, some minutes)"
	@SPINETWIN_HOME="$(BACKENDS)" $(VENV_PYTHON) -m spinetwin install embedded --quiet
	@SPINETWIN_HOME="$(BACKENDS)" $(VENV_PYTHON) -m spinetwin install all-backends --quiet
	@$(BACKENDS_PYTHON) $(PIP) onnx==1.23.2
	@touch $@

# Tests and benchmark of the loads compare with other engines, each in the environment that the product's own installer makes.
$(BACKENDS)/installed-engines: $(BACKENDS_TABLE) | $(VENV)/installed-test
	@echo "Installing OpenSim and MuJoCo (once, half a minute)"
	@SPINETWIN_HOME="$(BACKENDS)" $(VENV_PYTHON) -m spinetwin install opensim --quiet
	@SPINETWIN_HOME="$(BACKENDS)" $(VENV_PYTHON) -m spinetwin install mujoco --quiet
	@touch $@

$(PANOPTICA)/installed: Makefile
	@$(FIND_PYTHON); "$$found" -m venv $(PANOPTICA)
	@echo "Installing panoptica, which evaluations are compared with (once, half a minute)"
	@$(PANOPTICA_PYTHON) $(PIP) panoptica==2.1.7
	@touch $@

$(VENV)-benchmark/installed: pyproject.toml
	@$(FIND_PYTHON); "$$found" -m venv $(VENV)-benchmark
	@echo "Installing the reference implementation (once, some minutes)"
	@$(subst $(VENV)/,$(VENV)-benchmark/,$(VENV_PYTHON)) $(PIP) --editable ".[benchmark]"
	@touch $@
