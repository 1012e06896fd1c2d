# make demo    the main job on data that ships with scanpy: tables here, files in demo_output/
# make test    the test suite
# make clean   remove the environment and the demo's files
#
# Both make their environment once, in .venv, with the tested versions of constraints.txt;
# nothing uses a network after that. Choose an interpreter with: make demo PYTHON=python3.12

PYTHON = python3
VENV = .venv

.PHONY: demo test clean

demo: $(VENV)/installed
	$(VENV)/bin/python examples/demo.py

test: $(VENV)/installed
	$(VENV)/bin/pytest

$(VENV)/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "gsfm_enrich needs Python 3.11 or later; choose one with: make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install -c constraints.txt -e '.[test]'
	touch $(VENV)/installed

clean:
	rm -rf $(VENV) demo_output
