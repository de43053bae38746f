# Few words: what a contributor types.
.PHONY: generate check test docs viewer

generate:  ## everything that the model generates, and the tables of formats
	python -m model.generator

check:  ## what CI runs beside the tests
	python -m model.generator --check
	ruff check .
	ruff format --check .
	mypy
	pyright
	lint-imports

test:
	pytest -n auto

docs:  ## the documents run as tests
	pytest tests/test_docs.py

viewer:  ## the bundle of NiiVue that `annoconv report --viewer` puts into a page; committed
	npm ci --prefix src/viewer --ignore-scripts --no-fund --no-audit
	node src/viewer/build.mjs
