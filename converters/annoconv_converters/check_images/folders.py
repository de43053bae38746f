"""What a folder must hold: the files of a manifest, one series (A 7.2 e, A 10.2.2)."""

from __future__ import annotations

import codecs
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final, NamedTuple

from annoconv.documents import strict_json
from annoconv.errors import InputError
from annoconv.ids import is_dicom_uid
from annoconv.messages import Message, listed
from annoconv_converters.check_images.table import Fault, Numbers, check

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Listing", "read_manifest"]

_MOST_NAMED: Final = 5
_DIGEST: Final = re.compile(r"^[0-9a-fA-F]{32,128}[ \t]+\*?")
"""What stands before a name in the manifests of BagIt and of sha256sum."""
_LARGEST: Final = 64 << 20
_UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Listing(NamedTuple):
    """What a manifest names, and what is there.

    Attributes
    ----------
    manifest
        Its file.
    names, uids
        Files by their path below the manifest's folder, and SOPInstanceUIDs, that it names.
    files, instances
        What is there: paths, and for each SOPInstanceUID its file.
    """

    manifest: Path
    names: tuple[str, ...]
    uids: tuple[str, ...]
    files: tuple[Path, ...]
    instances: dict[str, Path]


def read_manifest(path: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the files and the SOPInstanceUIDs that a manifest names.

    A manifest is a list, one a line, of file names (with the digest before them that `sha256sum` and BagIt write) or of
    SOPInstanceUIDs; or a case (`.json`), whose images list their instances.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(
            "the manifest cannot be read",
            source=path,
            found=Message("{reason}", reason=error.strerror),
            expected="a list of file names or of SOPInstanceUIDs, or a case",
            advice="Correct --listing",
        ) from error
    if len(data) > _LARGEST:
        raise InputError(
            "the manifest is too large",
            source=path,
            found=Message("{count} bytes", count=len(data)),
            expected=Message("at most {count}", count=_LARGEST),
            advice="Give the manifest of one delivery",
        )
    if path.suffix.lower() == ".json":
        uids = [*_instances(strict_json.loads(data, source=path))]
        names: list[str] = []
    else:
        lines = [line.strip() for line in _decoded(data, path).splitlines()]
        named = [_DIGEST.sub("", line) for line in lines if line and not line.startswith("#")]
        uids = [each for each in named if is_dicom_uid(each) and each.count(".") > 3]
        names = [each for each in named if each not in set(uids)]
    if not names and not uids:
        raise InputError(
            "the manifest names nothing",
            source=path,
            found=Message("neither a file name nor a SOPInstanceUID"),
            expected="a list of file names or of SOPInstanceUIDs, or a case whose images list their instances",
            advice="Correct --listing",
        )
    return tuple(names), tuple(uids)


def _decoded(data: bytes, path: Path) -> str:
    """Return a list as text: UTF-8, or UTF-16 that says so by its first bytes."""
    encoding = "utf-16" if data[:2] in _UTF_16 else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError(
            "the manifest is not in UTF-8",
            source=path,
            found=Message("other bytes from {place} on", place=error.start),
            expected="UTF-8",
            advice="Save it as UTF-8",
        ) from error


def _instances(document: object) -> Iterator[str]:
    """Yield each SOPInstanceUID that a case lists."""
    if isinstance(document, dict):
        for key, value in document.items():
            if key == "sop_instance_uid" and isinstance(value, str):
                yield value
            else:
                yield from _instances(value)
    elif isinstance(document, list):
        for each in document:
            yield from _instances(each)


def _below(path: Path, folder: Path) -> str:
    try:
        return path.resolve().relative_to(folder.resolve()).as_posix()
    except ValueError:
        return path.name


@check("A-7.2e.instance_not_there", "listing")
def instance_not_there(listing: Listing, _: Numbers) -> Iterator[Fault]:
    """Yield what the manifest names and is not there."""
    there = _present(listing)
    lacking = [each for each in listing.names if not _is_named(each, there, listing.manifest)]
    lacking += [each for each in listing.uids if each not in listing.instances]
    if lacking:
        yield _fault(listing, lacking, len(listing.names) + len(listing.uids))


def _present(listing: Listing) -> set[str]:
    folder = listing.manifest.parent
    return {_below(each, folder) for each in listing.files}


def _is_named(name: str, there: set[str], manifest: Path) -> bool:
    """Tell whether a file is among those looked at, or else lies beside the manifest, as one that is no image may."""
    plain = _plain(name, manifest.parent)
    return plain in there or (manifest.parent / plain).is_file()


def _plain(name: str, folder: Path) -> str:
    """Return a name as it stands below the manifest's folder, whichever strokes part its folders."""
    plain = PurePosixPath(name.replace("\\", "/"))
    return _below(Path(plain), folder) if plain.is_absolute() else plain.as_posix()


@check("A-7.2e.instance_not_listed", "listing")
def instance_not_listed(listing: Listing, _: Numbers) -> Iterator[Fault]:
    """Yield the images that are there and that the manifest does not name."""
    folder, names, uids = (
        listing.manifest.parent,
        {_plain(each, listing.manifest.parent) for each in listing.names},
        {*listing.uids},
    )
    extra = [
        _below(path, folder)
        for uid, path in listing.instances.items()
        if (uids and uid not in uids) or (names and _below(path, folder) not in names)
    ]
    if extra:
        yield _fault(listing, extra, len(extra))


def _fault(listing: Listing, named: Sequence[str], count: int) -> Fault:
    told = {"names": listed(sorted(named), _MOST_NAMED), "count": len(named), "all": count}
    return Fault(listing.manifest, (), {"manifest": listing.manifest.name, **told})
