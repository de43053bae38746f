"""`annoconv info`: what cases hold, or which versions are at work."""

import platform
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from annoconv.cli.report import Report
from annoconv.messages import Message, translate

_DISTRIBUTIONS = ("annoconv", "pydantic", "numpy", "pydicom", "isal")


def info(
    report: Report,
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="Cases; without any, versions are told.")] = [],  # noqa: B006  typer copies it
) -> None:
    """Tell what each case holds, or the versions."""
    if not paths:
        versions = _versions()
        report.add("versions", versions)
        for name, version in versions.items():
            report.say("{}", f"{name} {translate(version, report.lang)}")
        return
    from annoconv.casefile import read_cases
    from annoconv.casefile.reading import case_paths, check_distinct
    from annoconv.files.atomic import check_inputs

    check_inputs(paths)
    paths = case_paths(paths, report.limits)
    check_distinct(paths)
    described: list[dict[str, Any]] = []
    for path in paths:
        for loaded in read_cases([path], limits=report.limits):
            case = loaded.case
            types = Counter(each.type for each in case.annotations)
            entry: dict[str, Any] = {
                "source": str(path),
                "case_id": case.case_id,
                "task_id": case.task_id,
                "image_uid": case.image.uid,
                "modality": case.image.modality.value,
                "shape": case.image.shape,
                "annotations": dict(sorted(types.items())),
                "labels": dict(sorted(Counter(each.label_code for each in case.annotations).items())),
            }
            if report.as_json:
                described.append(entry)
            held = ", ".join(f"{count} {kind}" for kind, count in sorted(types.items())) or translate(
                "no annotations", report.lang
            )
            shape = " x ".join(map(str, case.image.shape or ()))
            report.say("{}", f"{path}: {case.case_id or case.task_id}: {case.image.modality.value} {shape}: {held}")
    report.add("cases", described)


def _versions() -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    from annoconv.model import SCHEMA_VERSION

    found = {"python": platform.python_version(), "schema": SCHEMA_VERSION}
    for name in _DISTRIBUTIONS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = Message("not installed")
    return found
