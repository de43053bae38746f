"""Where pictures and their labels stand in a data set of YOLO: beside each other, in folders of two names."""

from __future__ import annotations

__all__ = ["exchanged", "label_of", "listed"]


def exchanged(path: str, old: str, new: str) -> str:
    """Return a path with the last folder of one name under another, as Ultralytics finds labels by pictures."""
    parts = path.split("/")
    place = next((place for place in reversed(range(len(parts) - 1)) if parts[place] == old), None)
    return "/".join(parts if place is None else [*parts[:place], new, *parts[place + 1 :]])


def listed(name: str) -> str:
    """Return where a picture is in a data set: below `images`, unless it is in a folder of that name further down."""
    first, *inner = name.split("/")
    return name if first != "images" and "images" in inner[:-1] else f"images/{name}"


def label_of(name: str) -> str:
    """Return where the lines of a picture are in a data set that is written."""
    return f"{exchanged(listed(name), 'images', 'labels').rpartition('.')[0]}.txt"
