"""What an object made from an image has of its source: patient, study and trial, specimen and lossy compression.

They are those of the modules that one patient's and one study's objects share (PS3.3 C.7.1.1, C.7.1.3, C.7.2.1 to
C.7.2.3), and are copied as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydicom.dataset import Dataset

from annoconv.loss import Loss, LossKind
from annoconv.messages import Message
from annoconv_converters._dicom.texts import copy_elements, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from annoconv.images import ImageSource

__all__ = [
    "LOSSY",
    "OF_PATIENT_AND_STUDY",
    "OF_THE_SOURCE",
    "REQUIRED_EMPTY",
    "SPECIMEN",
    "is_how_unsaid",
    "not_copied",
]

REQUIRED_EMPTY: Final = (
    "StudyDate",
    "StudyTime",
    "AccessionNumber",
    "ReferringPhysicianName",
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyID",
    "PositionReferenceIndicator",
)
"""Type 2: present, empty where the source has none (it may have been blanked by de-identification)."""
_CARRIED_OVER: Final = (
    "PatientAge",
    "PatientSize",
    "PatientWeight",
    "PatientIdentityRemoved",
    "DeidentificationMethod",
    "DeidentificationMethodCodeSequence",
    "LongitudinalTemporalInformationModified",
    "ClinicalTrialSponsorName",
    "ClinicalTrialProtocolID",
    "ClinicalTrialProtocolName",
    "ClinicalTrialSiteID",
    "ClinicalTrialSiteName",
    "ClinicalTrialSubjectID",
    "ClinicalTrialSubjectReadingID",
    "ClinicalTrialTimePointID",
    "ClinicalTrialTimePointDescription",
    "ClinicalTrialCoordinatingCenterName",
    "ClinicalTrialSeriesID",
    "ClinicalTrialSeriesDescription",
    "ClinicalTrialProtocolEthicsCommitteeName",
    "ClinicalTrialProtocolEthicsCommitteeApprovalNumber",
    "ConsentForClinicalTrialUseSequence",
    "LongitudinalTemporalOffsetFromEvent",
    "LongitudinalTemporalEventType",
    "StudyDescription",
    "BodyPartExamined",
    "TimezoneOffsetFromUTC",
    "IssuerOfPatientID",
    "PatientSpeciesDescription",
    "PatientBreedDescription",
    "ResponsiblePerson",
)
"""What an object shares with its source: patient, study and trial; absent where the source has none."""
SPECIMEN: Final = (
    "ContainerIdentifier",
    "IssuerOfTheContainerIdentifierSequence",
    "ContainerTypeCodeSequence",
    "SpecimenDescriptionSequence",
)
"""What a segmentation of a whole slide shares with it (PS3.3 C.7.6.22)."""
LOSSY: Final = ("LossyImageCompression", "LossyImageCompressionRatio", "LossyImageCompressionMethod")
_OPTIONAL: Final = (
    # Patient (C.7.1.1)
    "IssuerOfPatientIDQualifiersSequence",
    "TypeOfPatientID",
    "PatientBirthTime",
    "PatientBirthDateInAlternativeCalendar",
    "PatientDeathDateInAlternativeCalendar",
    "PatientAlternativeCalendar",
    "QualityControlSubject",
    "ReferencedPatientSequence",
    "OtherPatientIDs",
    "OtherPatientIDsSequence",
    "OtherPatientNames",
    "EthnicGroup",
    "PatientComments",
    "PatientSpeciesCodeSequence",
    "PatientBreedCodeSequence",
    "BreedRegistrationSequence",
    "StrainDescription",
    "StrainNomenclature",
    "StrainCodeSequence",
    "ResponsiblePersonRole",
    "ResponsibleOrganization",
    "SourcePatientGroupIdentificationSequence",
    "GroupOfPatientsIdentificationSequence",
    # Patient study (C.7.2.2)
    "AdmittingDiagnosesDescription",
    "AdmittingDiagnosesCodeSequence",
    "PatientSizeCodeSequence",
    "PatientBodyMassIndex",
    "MeasuredAPDimension",
    "MeasuredLateralDimension",
    "MedicalAlerts",
    "Allergies",
    "SmokingStatus",
    "PregnancyStatus",
    "LastMenstrualDate",
    "PatientState",
    "Occupation",
    "AdditionalPatientHistory",
    "SpecialNeeds",
    "AdmissionID",
    "IssuerOfAdmissionIDSequence",
    "ReasonForVisit",
    "ReasonForVisitCodeSequence",
    "ServiceEpisodeID",
    "IssuerOfServiceEpisodeIDSequence",
    "ServiceEpisodeDescription",
    "PatientSexNeutered",
    # General study (C.7.2.1)
    "IssuerOfAccessionNumberSequence",
    "ReferringPhysicianIdentificationSequence",
    "ConsultingPhysicianName",
    "ConsultingPhysicianIdentificationSequence",
    "PhysiciansOfRecord",
    "PhysiciansOfRecordIdentificationSequence",
    "NameOfPhysiciansReadingStudy",
    "PhysiciansReadingStudyIdentificationSequence",
    "RequestingService",
    "RequestingServiceCodeSequence",
    "ProcedureCodeSequence",
    "ReasonForPerformedProcedureCodeSequence",
    # Clinical trial (C.7.1.3, C.7.2.3)
    "ClinicalTrialTimePointTypeCodeSequence",
    "IssuerOfClinicalTrialProtocolID",
    "IssuerOfClinicalTrialSiteID",
    "IssuerOfClinicalTrialSubjectID",
    "OtherClinicalTrialProtocolIDsSequence",
)
"""The rest of these modules; behind all others, since the order is that of a digest (`block.said_digest`)."""
OF_PATIENT_AND_STUDY: Final = (*REQUIRED_EMPTY, *_CARRIED_OVER, *_OPTIONAL)
OF_THE_SOURCE: Final = (*REQUIRED_EMPTY, *_CARRIED_OVER, *SPECIMEN, *LOSSY, "PatientOrientation", *_OPTIONAL)
"""What is copied from the source; a case says some of it, which is written where the source says nothing."""


def is_how_unsaid(header: Dataset) -> bool:
    """Tell whether identity was removed and no method is stated, which is required then (PS3.3 C.7.1.1)."""
    is_told = header.get("DeidentificationMethod") or header.get("DeidentificationMethodCodeSequence")
    return text(header.get("PatientIdentityRemoved")) == "YES" and not is_told


def not_copied(source: ImageSource, case_index: int) -> Iterator[Loss]:
    """Yield what of its source a segmentation does not have as it is there: names of elements, never their values."""
    copied = Dataset()
    for name in copy_elements(source.headers[0], copied, OF_THE_SOURCE):
        message = Message("{name} of the source is no value that DICOM allows there; it is not copied", name=name)
        yield Loss(case_index, "/image", LossKind.NO_PLACE, message)
    if is_how_unsaid(copied):
        message = Message(
            "the source says that identity was removed, not how; {name} is written as unspecified",
            name="DeidentificationMethod",
        )
        yield Loss(case_index, "/image", LossKind.APPROXIMATED, message)
