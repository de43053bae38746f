"""`python -m model.generator`: write anew what is generated; `--check` only compares."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from model.generator.catalogues import catalogues
from model.generator.codegen_schema import print_codegen_schemas
from model.generator.conformance import print_conformance
from model.generator.fhir_definitions import outputs as fhir_definitions
from model.generator.fhir_extensions import print_extensions
from model.generator.fhir_guide import print_guide
from model.generator.format_tables import print_format_tables
from model.generator.function_stubs import print_function_stubs
from model.generator.json_schema import print_schema
from model.generator.jsonld import print_context
from model.generator.keys import print_keys
from model.generator.pydantic_models import print_models, public_names
from model.generator.read_linkml import read_model
from model.generator.reference import print_reference
from model.generator.references import references
from model.generator.rules_page import print_image_checks, print_rules
from model.generator.typescript import print_types

if TYPE_CHECKING:
    from model.generator.ir import Model

ROOT = Path(__file__).resolve().parents[2]
_BLANK = re.compile("[\x85\xa0\u1680\u2000-\u200f\u2028\u2029\u202f\u205f\u3000\ufeff]")
"""Characters that nobody sees, which JSON names by their numbers."""

_INIT = '''"""Typed classes of the annoconv model, generated from LinkML; never edited.

Needs pydantic and the standard library only; the JSON Schema stands beside it as `annoconv.schema.json`.
"""

from annoconv_model.models import (
{names}
)

__all__ = [
{quoted}
]
'''


def outputs(root: Path = ROOT) -> dict[str, str]:
    """Return every generated file by its path below the repository's root."""
    source = root / "model"
    model = read_model(source / "annoconv.yaml")
    rules = _yaml(source / "rules.yaml")
    image_checks = _yaml(source / "image_checks.yaml")
    schema = print_schema(model)
    extensions = print_extensions(schema)
    package = {
        "__init__.py": _init(model),
        "_runtime.py": (source / "generator" / "runtime.py").read_text("utf-8"),
        "annoconv.context.jsonld": _json(print_context(model)),
        "annoconv.d.ts": print_types(model),
        "annoconv.schema.json": _json(schema),
        "image_checks.json": _json(image_checks),
        "keys.py": print_keys(model),
        "label_system.json": _json(_yaml(source / "labels.yaml")),
        "models.py": print_models(model),
        "py.typed": "",
        "references.json": _json(references(model)),
        "rules.json": _json(rules),
    }
    valid = [json.loads(path.read_bytes()) for path in sorted((source / "examples" / "valid").glob("*.json"))]
    package |= {name: _json(schema) for name, schema in print_codegen_schemas(model, valid).items()}
    generated = {f"generated/annoconv_model/{name}": text for name, text in package.items()}
    conformance = _yaml(source / "conformance.yaml")["sections"]
    pages = {
        "docs/formats/fhir-extensions.json": _json(extensions),
        "docs/conformance.md": print_conformance(conformance, model, [*rules["rules"], *image_checks["checks"]]),
        "docs/reference/fhir-guide.md": print_guide(schema, extensions),
        "docs/reference/image-checks.md": print_image_checks(image_checks["checks"]),
        "docs/reference/model.md": print_reference(model),
        "docs/reference/rules.md": print_rules(rules["rules"]),
    }
    stubs = {"src/annoconv/registry/typed.pyi": print_function_stubs()}
    return generated | pages | stubs | print_format_tables(root)


def _init(model: Model) -> str:
    names = public_names(model)
    return _INIT.format(
        names="\n".join(f"    {name}," for name in names), quoted="\n".join(f'    "{name}",' for name in names)
    )


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, indent=1) + "\n"
    return _BLANK.sub(lambda match: f"\\u{ord(match[0]):04X}", text)


def _yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


def main(check: bool) -> int:
    """Write the outputs, or with `check` list those that differ; return the exit code."""
    stale: list[str] = []
    wanted = {name: text.encode() for name, text in outputs().items()} | catalogues(ROOT) | fhir_definitions(ROOT)
    for name, data in wanted.items():
        path = ROOT / name
        if path.exists() and path.read_bytes() == data:
            continue
        stale.append(name)
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    if check and stale:
        print("out of date, run `make generate`:", *stale, sep="\n  ", file=sys.stderr)
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
