"""Slips that type checkers flag; each line that ends in `# flagged` has an error, and no other has."""

import numpy as np

import annoconv
from annoconv import LoadedCase
from annoconv.model import BboxAnnotation, Case, Image, MaskAnnotation, Metadata, TextDocument

image = Image(uid="1.2", modality="CT", shape=[4, 4, 2])
mask = MaskAnnotation(id="M1", category="organ", label_code="LIVER", mask_file="m.nii.gz")
case = Case(task_id="T", image=image, annotations=[mask], metadata=Metadata())
loaded = LoadedCase(case, {"M1": np.zeros((2, 4, 4), bool)})
text = TextDocument(id="T1", kind="other", content="x")

Image(uid="1.2", modality="CT", spacings=[1.0, 1.0])  # flagged
Image(uid="1.2", modality="CTT")  # flagged
Image(modality="CT")  # flagged
MaskAnnotation(id="M1", category="orgna", label_code="LIVER", mask_file="m.nii.gz")  # flagged
BboxAnnotation(id="B1", category="lesion", label_code="NODULE", bbox="1 2 3 4")  # flagged
LoadedCase(case, {"M1": [[0, 1], [1, 0]]})  # flagged
LoadedCase(case, np.zeros((2, 4, 4), bool))  # flagged
LoadedCase("case.json")  # flagged
annoconv.validate(loaded, profile="minimum")  # flagged
annoconv.write({"task_id": "T"}, "x.dcm", format="dicom-seg")  # flagged
annoconv.to_dicom_seg(loaded, "x.dcm", images="ct", type="labelmapp")  # flagged
annoconv.to_dicom_seg(loaded, "x.dcm", images="ct", kind="labelmap")  # flagged
annoconv.to_coco(loaded, "x.json", segmentation="polygon", overwrite=True)
annoconv.from_nifti("masks", images="ct", layout="nnunetv2")  # flagged
annoconv.find(case, "M1", MaskAnnotation).bbox  # flagged
annoconv.text_span(text, "x", id="S", label_code="L", semantic_type="signs")  # flagged
case.annotations[0].label_codes  # flagged
