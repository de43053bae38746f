"""The part of a page that shows volumes: NiiVue, bundled by `make viewer`, in the page itself, which loads nothing.

The page's policy names the script by its digest, so that it runs no other, and forbids every connection.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from annoconv.messages import Message
from annoconv.report.quality.words import in_both, own, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["STYLE", "bundle", "policy", "scripts", "section", "version"]

_FOLDER: Final = "viewer"
STYLE: Final = """#volumes canvas { display: block; width: 100%; height: 34rem; max-height: 80vh; background: #000 }
#volumes button[aria-pressed=true] { background: var(--ink); color: #fff } #volumes [hidden] { display: none }
"""
_HOW: Final = (
    "Axial, coronal and sagittal, as radiologists look at them: the patient's left is on the right. Click to move the "
    "cross, turn the wheel to go through slices."
)


@cache
def bundle() -> str:
    """Return the script."""
    return (files(__package__ or "") / _FOLDER / "viewer.js").read_text(encoding="utf-8")


@cache
def version() -> dict[str, Any]:
    """Return which NiiVue it is, and of which packages it was made."""
    told: dict[str, Any] = json.loads((files(__package__ or "") / _FOLDER / "version.json").read_bytes())
    return told


def policy() -> str:
    """Return the Content-Security-Policy of a page with volumes: this one script, and pictures that it makes itself."""
    digest = base64.b64encode(hashlib.sha256(bundle().encode()).digest()).decode("ascii")
    pictures = "img-src data: blob:; style-src 'unsafe-inline'"
    return f"default-src 'none'; {pictures}; script-src 'sha256-{digest}'"


def section(report: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Return what stands in the section of volumes: a button for each, the picture, what its colours mean."""
    shown = report["volumes"]
    buttons = "".join(
        f'<button type="button" disabled data-volume="{n}" aria-pressed="false">{own(names[each["case"]])}, '
        f"{escape(each['modality'])}</button> "
        for n, each in enumerate(shown)
    )
    legends = "".join(_legend(n, each) for n, each in enumerate(shown))
    refused = "".join(
        f'<p class="warning">{own(names[each["case"]])}: {in_both(each["reason"])}</p>\n'
        for each in report["volumes_not_shown"]
    )
    if not shown:
        return refused + f'<p class="faint">{words(Message("Nothing."))}</p>\n'
    needs = words(Message("Volumes need a browser with JavaScript and WebGL 2; the slices above do not."))
    return (
        f"<p>{buttons}</p>\n<noscript><p>{needs}</p></noscript>"
        f'<p class="problem warning" hidden>{needs} <code></code></p>\n'
        f'<div><canvas width="960" height="640" aria-label="NiiVue"></canvas></div>\n{legends}'
        f'<p class="faint">{words(Message(_HOW))}</p>\n{refused}'
    )


def _legend(number: int, volume: Mapping[str, Any]) -> str:
    colours = " ".join(
        f'<span class="swatch" style="background:rgb({",".join(map(str, each["colour"]))})"></span>'
        f"<bdi>{in_both(each['name'])}</bdi>"
        for each in volume["labels"]
    )
    kept = Message(
        "{columns} x {rows} x {slices} voxels from voxel (i, j, k) {first} of the image on",
        **dict(zip(("columns", "rows", "slices"), volume["shape"], strict=True)),
        first=", ".join(map(str, volume["first"])),
    )
    if volume["step"] > 1:
        kept = Message("{kept}, each {step}th along each axis", kept=kept, step=volume["step"])
    hidden = "" if number == 0 else " hidden"
    return f'<p data-legend="{number}"{hidden}>{colours} <span class="faint">{words(kept)}</span></p>\n'


def scripts(volumes: Sequence[Mapping[str, Any]]) -> str:
    """Return the data of the volumes and the script that shows them; nothing if there are none."""
    if not volumes:
        return ""
    told = [
        {
            "image": each["image"],
            "masks": each["masks"],
            "centre": each["centre"],
            "labels": [
                {"value": one["value"], "name": one["name"]["en"], "colour": one["colour"]} for one in each["labels"]
            ],
        }
        for each in volumes
    ]
    data = json.dumps(told, ensure_ascii=True).replace("<", "\\u003c")
    return f'<script type="application/json" id="volumes-data">{data}</script>\n<script>{bundle()}</script>\n'
