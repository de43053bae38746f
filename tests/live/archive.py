"""Orthanc, started on free ports of this machine and ended by its process id: DICOMweb and DIMSE."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydicom

from tests import peers

_PLUGINS = Path("/usr/share/orthanc/plugins")
_BOUNDARY = "annoconv-boundary"


@dataclass(frozen=True)
class Archive:
    """A running archive: its HTTP and its DIMSE port."""

    http: int
    dimse: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http}"

    def ask(self, path: str, data: bytes | None = None, **headers: str) -> bytes:
        request = urllib.request.Request(self.url + path, data, {k.replace("_", "-"): v for k, v in headers.items()})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return bytes(answer.read())

    def stow(self, paths: Iterable[Path]) -> None:
        """Store files by STOW-RS (PS3.18 10.5)."""
        parts = [f"--{_BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n".encode() + p.read_bytes() for p in paths]
        body = b"\r\n".join([*parts, f"--{_BOUNDARY}--".encode()])
        kind = f'multipart/related; type="application/dicom"; boundary={_BOUNDARY}'
        answer = json.loads(self.ask("/dicom-web/studies", body, Content_Type=kind, Accept="application/dicom+json"))
        assert not answer.get("00081198", {}).get("Value"), answer  # FailedSOPSequence

    def store(self, paths: Iterable[Path]) -> None:
        """Store files by C-STORE, with dcmtk's storescu."""
        answer = peers.run("storescu", "-R", "-aec", "ANNOPACS", "127.0.0.1", str(self.dimse), *paths)
        assert answer.returncode == 0, answer.stderr

    def file(self, sop_instance_uid: str) -> bytes:
        """Return an instance as it is stored."""
        return self.ask(f"/instances/{self._id(sop_instance_uid)}/file")

    def wado(self, path: Path) -> bytes:
        """Return an instance as WADO-RS gives it (PS3.18 10.4)."""
        told = pydicom.dcmread(path, stop_before_pixels=True)
        place = f"/dicom-web/studies/{told.StudyInstanceUID}/series/{told.SeriesInstanceUID}"
        kind = 'multipart/related; type="application/dicom"; transfer-syntax=*'
        body = self.ask(f"{place}/instances/{told.SOPInstanceUID}", Accept=kind)
        return body[body.index(b"\r\n\r\n") + 4 : body.rindex(b"\r\n--")]

    def delete(self, sop_instance_uid: str) -> None:
        request = urllib.request.Request(f"{self.url}/instances/{self._id(sop_instance_uid)}", method="DELETE")
        with urllib.request.urlopen(request, timeout=60):
            pass

    def _id(self, sop_instance_uid: str) -> str:
        (found,) = json.loads(self.ask("/tools/lookup", sop_instance_uid.encode()))
        return str(found["ID"])

    def instances(self) -> set[str]:
        """Return the SOPInstanceUIDs of all that is stored."""
        found: list[Any] = json.loads(self.ask("/instances?expand"))
        return {each["MainDicomTags"]["SOPInstanceUID"] for each in found}


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def archive(folder: Path) -> Iterator[Archive]:
    """Start an empty archive in a folder; end it and remove what it stored."""
    program = peers.program("Orthanc")
    one = Archive(free_port(), free_port())
    told = {
        "Name": "ANNOCONV",
        "StorageDirectory": str(folder / "store"),
        "IndexDirectory": str(folder / "store"),
        "StorageCompression": False,
        "Plugins": [str(_PLUGINS / name) for name in ("libOrthancDicomWeb.so", "libOrthancGdcm.so")],
        "HttpPort": one.http,
        "HttpBindAddresses": ["127.0.0.1"],
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "DicomAet": "ANNOPACS",
        "DicomPort": one.dimse,
        "DicomCheckCalledAet": False,
        "DicomAlwaysAllowStore": True,
        "UnknownSopClassAccepted": True,
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/", "StudiesMetadata": "Full", "SeriesMetadata": "Full"},
    }
    folder.mkdir(parents=True)
    (folder / "orthanc.json").write_text(json.dumps(told))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, folder / "orthanc.json"], stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait(one, process)
        yield one
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(folder / "store", ignore_errors=True)


def _wait(one: Archive, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        assert process.poll() is None, "the archive ended"
        try:
            one.ask("/system")
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the archive does not answer")
