"""Preamble and file meta information of what we write (PS3.10 7.1)."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import Final

from pydicom.dataset import FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_file_meta_info
from pydicom.uid import UID

from annoconv import ids
from annoconv_converters._dicom.texts import fit

__all__ = ["file_head", "own_version"]

_IMPLEMENTATION_CLASS_UID: Final = ids.uid("implementation")


def file_head(sop_class_uid: str, sop_instance_uid: str, transfer_syntax_uid: str) -> bytes:
    """Return preamble and file meta information of an instance."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(sop_class_uid)
    meta.MediaStorageSOPInstanceUID = UID(sop_instance_uid)
    meta.TransferSyntaxUID = UID(transfer_syntax_uid)
    meta.ImplementationClassUID = UID(_IMPLEMENTATION_CLASS_UID)
    meta.ImplementationVersionName = fit("SH", f"ANNOCONV {own_version()}")
    stream = DicomBytesIO()
    stream.is_little_endian, stream.is_implicit_VR = True, False
    write_file_meta_info(stream, meta)
    return b"\0" * 128 + b"DICM" + stream.getvalue()


@cache
def own_version() -> str:
    """Return our version."""
    return version("annoconv")
