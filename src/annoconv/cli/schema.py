"""`annoconv schema`: the JSON Schema of a case, for validators of any language."""

import json
import sys
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from annoconv.cli.report import Report


def schema(
    report: Report,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write it to this file.")] = None,
) -> None:
    """Write the schema to standard output or to a file."""
    text = (files("annoconv_model") / "annoconv.schema.json").read_text(encoding="utf-8")
    if output is not None and str(output) != "-":
        from annoconv.atomic import replacing

        with replacing(output, overwrite=report.overwrite) as temporary:
            temporary.write_text(text, encoding="utf-8")
        report.add_output(output)
    elif report.as_json:
        report.add("schema", json.loads(text))
    else:
        sys.stdout.write(text)
