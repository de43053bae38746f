"""What is generated is what the model says: complete, titled, traced to its clauses, typed, and light."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from model.generator.__main__ import ROOT, outputs
from model.generator.ir import GenerationError, Model, Text
from model.generator.read_linkml import read_model

SOURCE = ROOT / "model" / "annoconv.yaml"


@pytest.fixture(scope="module")
def model() -> Model:
    return read_model(SOURCE)


def every_text(model: Model) -> dict[str, Text]:
    found: dict[str, Text] = {}
    for scalar in model.scalars.values():
        found[scalar.name] = scalar.text
    for enum in model.enums.values():
        found[enum.name] = enum.text
        found |= {f"{enum.name}.{value.value}": value.text for value in enum.values}
    for one in model.classes.values():
        found[one.name] = one.text
        found |= {f"{one.name}.{each.name}": each.text for each in one.fields}
    return found


def test_generated_files_are_those_of_the_model() -> None:
    stale = [name for name, text in outputs().items() if (ROOT / name).read_text("utf-8") != text]
    assert stale == [], "run `make generate`"


def test_generation_does_not_depend_on_the_hash_seed() -> None:
    command = [sys.executable, "-m", "model.generator", "--check"]
    for seed in ("0", "12345"):
        subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed}, check=True)


def test_every_element_has_a_chinese_title(model: Model) -> None:
    names_of_methods = {"Demons", "SyN", "Sinc"}
    titles = {name: text.title_zh for name, text in every_text(model).items() if text.title_zh not in names_of_methods}
    assert [name for name, title in titles.items() if not re.search(r"[\u4e00-\u9fff]", title)] == []


def test_every_class_and_key_names_its_clause(model: Model) -> None:
    fields = [(one.name, each) for one in model.classes.values() for each in one.fields]
    assert [f"{name}.{each.name}" for name, each in fields if not each.text.clauses] == []


def test_every_annotation_type_has_exactly_one_class(model: Model) -> None:
    (annotations,) = (each for each in model.root.fields if each.name == "annotations")
    members = annotations.type.item.members  # type: ignore[union-attr]
    assert sorted(name for _, name in members) == sorted(one.name for one in model.descendants("Annotation"))
    geometries = {value.value for value in model.enums["Geometry"].values}
    assert {tag for tag, _ in members} == geometries


CLAUSES = [
    "3.1",
    "3.3",
    "3.4",
    "5.6",
    "6.2",
    "6.3.1",
    "6.3.2",
    "6.4.1",
    "6.4.2",
    "6.5.1",
    "6.5.2",
    "7.1",
    "7.2.b",
    "7.2.c",
    "7.2.d",
    "7.2.g",
    "7.2.h",
    "7.2.note",
    "7.3",
    "11.2.1",
    "11.2.2",
    "8.1",
    "8.2.2.a",
    "8.2.2.b",
    "8.2.2.c",
    "8.2.2.d",
    "8.2.2.e",
    "8.3",
    "8.4.e",
    "8.5.1.1",
    "8.5.1.2",
    "8.5.1.4",
    "8.5.2.1",
    "8.5.2.2",
    "8.5.2.3",
    "8.5.2.4",
    "8.5.3.1",
    "8.5.3.2",
    "8.5.3.3",
    "8.5.3.4",
    "9.1.2",
    "9.2",
    "9.3.1.b",
    "9.3.1.c",
    "9.4.2",
    "10.1.3",
    "10.1.6",
    "11.1.1",
    "11.1.3",
    "11.1.2",
    "A.3.6",
    "11.3.1",
    "11.4",
    "11.5.1",
    "11.5.2",
    "App.A",
    "C.1",
    "C.2",
    "C.3",
    "C.4",
    "C.5",
]
"""Every clause of the annotation specification that asks for a class, a key or an enumeration."""


def test_every_clause_that_asks_for_a_field_is_a_source(model: Model) -> None:
    named = {clause for text in every_text(model).values() for clause in text.clauses}
    assert [clause for clause in CLAUSES if f"A:{clause}" not in named] == []
    assert "Q:abstract" in named


def test_typescript_compiles(tmp_path: Path) -> None:
    modules = os.environ.get("ANNOCONV_NODE_MODULES")
    if not modules:
        if os.environ.get("CI"):
            pytest.fail("set ANNOCONV_NODE_MODULES to a folder with typescript")
        pytest.skip("typescript is not at hand: npm install typescript@5, and set ANNOCONV_NODE_MODULES")
    types = ROOT / "generated" / "annoconv_model" / "annoconv.d.ts"
    (tmp_path / "annoconv.d.ts").write_text(types.read_text("utf-8"), "utf-8")
    use = 'import { MaskAnnotation } from "./annoconv";\nexport const one: MaskAnnotation = '
    good = '{ id: "M", category: "organ", label_code: "LIVER", type: "mask", mask_file: "m.nii.gz" };\n'
    tsc = [str(Path(modules) / ".bin" / "tsc"), "--noEmit", "--strict", "--module", "nodenext", "--target", "es2022"]
    (tmp_path / "use.ts").write_text(use + good, "utf-8")
    done = subprocess.run([*tsc, "use.ts"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    (tmp_path / "use.ts").write_text(use + good.replace("mask_file", "mask_path"), "utf-8")
    done = subprocess.run([*tsc, "use.ts"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "mask_path" in done.stdout


WRONG = {
    "MaskAnnotation(id='M', category=C.ORGAN, label_code='L')": "mask_file",
    "MaskAnnotation(id='M', category=C.ORGAN, label_code='L', mask_file='m', slice=1)": '"slice"',
    "MaskAnnotation(id='M', category=C.ORGAN, label_code='L', mask_file=3)": '"int"',
    "Case.model_construct().imag": '"imag"',
}
"""What a user writes wrongly, and what the type checker must say of it."""


def test_type_checker_tells_what_is_wrong(tmp_path: Path) -> None:
    source = tmp_path / "use.py"
    lines = [f"x{number} = {wrong}" for number, wrong in enumerate(WRONG)]
    imports = "from annoconv.model import AnnotationCategory as C, Case, MaskAnnotation"
    source.write_text("\n".join([imports, *lines]) + "\n", "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "--config-file", os.devnull, str(source)],
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": f"{ROOT / 'generated'}{os.pathsep}{ROOT / 'src'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    for line, said in enumerate(WRONG.values(), start=2):
        assert any(told.startswith(f"use.py:{line}: error") and said in told for told in done.stdout.splitlines()), said


def test_importing_the_model_needs_pydantic_and_the_standard_library_only() -> None:
    code = (
        "import sys, annoconv.model\n"
        "tops = {name.split('.')[0] for name in sys.modules}\n"
        "allowed = {'annoconv', 'annoconv_model', 'pydantic', 'pydantic_core', 'annotated_types', 'typing_extensions',"
        " 'typing_inspection'}\n"
        "print(sorted(t for t in tops - allowed - sys.stdlib_module_names if not t.startswith('_')))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    extra = set(eval(done.stdout)) - {"sitecustomize", "usercustomize", "distutils_hack"}
    assert extra == set()


def _broken(tmp_path: Path, addition: str) -> Path:
    path = tmp_path / "broken.yaml"
    head = "id: https://example.org/x\nname: x\ntitle: x\ndescription: x\nversion: '1'\n"
    prefixes = "prefixes: {linkml: https://w3id.org/linkml/, x: https://example.org/}\ndefault_prefix: x\n"
    path.write_text(
        head + prefixes + "imports: [linkml:types]\nclasses:\n  K:\n    tree_root: true\n" + addition, "utf-8"
    )
    return path


@pytest.mark.parametrize(
    ("addition", "said"),
    [
        ("    title: k\n    description: k\n", "title_zh"),
        (
            "    title: k\n    description: k\n    annotations: {title_zh: 类}\n    mixins: [M]\n  M: {mixin: true}\n",
            "mixins",
        ),
        (
            "    title: k\n    description: k\n    annotations: {title_zh: 类}\n    attributes:\n"
            "      f: {range: string, title: f, description: f, annotations: {title_zh: 域}, equals_number: 3}\n",
            "equals_number",
        ),
        (
            "    title: k\n    description: k\n    annotations: {title_zh: 类}\n    attributes:\n"
            "      f: {range: string, title: f, description: f, annotations: {title_zh: 域}}\n",
            "stock type",
        ),
    ],
)
def test_generator_refuses_what_it_cannot_translate(addition: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(GenerationError, match=said):
        read_model(_broken(tmp_path, addition))
