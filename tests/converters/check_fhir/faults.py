# ruff: noqa: E501  a table, one fault a line
"""Planted faults: what is changed in which valid resource, and what must be found, there and nowhere else.

A change is a JSON pointer and the value put there; `GONE` takes it away. What must be found is rules with their places.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from tests.converters.check_fhir.resources import DIV, SERIES, UCUM, amount, concept, uuid

GONE: Final = object()


class Fault(NamedTuple):
    """One fault: the resource that it is planted in, the changes, and what must be found."""

    base: str
    changes: dict[str, Any]
    found: dict[str, str]
    """Rule (without `fhir.`) to place."""


def one(base: str, place: str, value: Any, rule: str, found: str | None = None) -> Fault:
    return Fault(base, {place: value}, {rule: place if found is None else found})


CONTAINED = {"resourceType": "Device", "id": "model"}
ENTRY = "/entry/0"
REGION = "/instance/0/imageRegion2D"
SOLID = "/instance/0/imageRegion3D"
TARGET = "/group/0/element/0/target/0"
UNMAPPED = "/group/0/unmapped"
INCLUDE = "/compose/include/0"
CONTAINS = "/expansion/contains/0"
REPEAT = "/effectiveTiming/repeat"
FLAT_R4B = "/extension/0/extension/1"

STRUCTURE = [
    one("observation", "/resourceType", "Banana", "resource_type", ""),
    one("observation", "/resourceType", "DomainResource", "resource_type", ""),
    one("observation", "/statuss", "final", "element"),
    one("observation", "/component/0/valueInteger64", "4", "element"),
    one("observation", "/_category", [{"id": "x"}], "element"),
    one("observation", "/a~1b", 1, "element"),
    one("observation", "/status", GONE, "missing", ""),
    one("observation", "/status", None, "null"),
    one("observation", "/code", [concept("1")], "array"),
    one("observation", "/category", concept("1"), "array"),
    one("observation", "/category", [], "empty"),
    one("observation", "/category/0", {}, "ele-1"),
    one("observation", "/code/coding/0", {"id": "a"}, "ele-1"),
    one("observation", "/code", "nodule", "type"),
    one("observation", "/valueQuantity/value", "12.5", "type"),
    one("observation", "/component/0/valueInteger", 4.5, "type"),
    one("observation", "/component/0/valueInteger", 1 << 31, "value"),
    one("observation", "/component/0/valueInteger", True, "type"),
    one("observation", "/valueString", "big", "choice"),
    Fault(
        "observation",
        {"/contained/0/resourceType": "Banana"},
        {"resource_type": "/contained/0", "ref-1": "/device/reference"},
    ),
    one("observation", "/id", "a_b", "value"),
    one("observation", "/id", "a" * 65, "value"),
    one("observation", "/issued", "2026-03-10T08:00:00", "value"),
    one("observation", "/issued", "2026-03-10", "value"),
    one("observation", "/effectiveDateTime", "2026-03-10T08:00:00", "value"),
    one("observation", "/effectiveDateTime", "2026-02-30", "value"),
    one("observation", "/effectiveDateTime", "2026-03-10T24:00:00Z", "value"),
    one("observation", "/effectiveDateTime", "0000", "value"),
    one("observation", "/status", " final", "value"),
    one("observation", "/status", "banana", "code"),
    one("observation", "/status", "Final", "code"),
    one("observation", "/language", "zh_CN", "code"),
    one("observation", "/extension/0/url", "with blank", "value"),
    one("observation", "/meta/profile/0", "", "value"),
    one("observation", "/text/div", DIV.replace("<p>", "<script>").replace("</p>", "</script>"), "txt-1"),
    one("observation", "/text/div", DIV.replace("<b>", "<b onclick='x'>"), "txt-1"),
    one("observation", "/text/div", DIV.replace("</p>", ""), "txt-1"),
    one("observation", "/text/div", '<div xmlns="http://www.w3.org/1999/xhtml"> </div>', "txt-1"),
    one("observation", "/text/div", "<div>no namespace</div>", "txt-1"),
    one("patient", "/name/0/_given", [{"extension": [{"url": "https://example.org/x", "valueCode": "x"}]}], "beside"),
    Fault(
        "patient",
        {
            "/name/0/given": ["A"],
            "/name/0/_given": [
                None,
                None,
                {"id": "x", "extension": [{"url": "https://example.org/x", "valueCode": "x"}]},
            ],
        },
        {"beside": "/name/0/_given", "null": "/name/0/_given/1"},
    ),
    one("patient", "/name/0/given/0", "A\x07", "value"),
    one("patient", "/name/0/given", ["", "B"], "value", "/name/0/given/0"),
    one("patient", "/_gender", {"extension": []}, "empty", "/_gender/extension"),
    one("patient", "/_gender", "unknown", "type"),
    one("patient", "/_active", {"value": True}, "element", "/_active/value"),
    one("patient", "/birthDate", "1963-13", "value"),
    one("patient", "/active", "true", "type"),
    one("document reference", "/content/0/attachment/contentType", "nifti", "code"),
    one("document reference", "/content/0/attachment/size", 12, "type"),
    one("document reference", "/content/0/attachment/size", "12.0", "value"),
    one("document reference", "/content/0/attachment/data", "YWJ", "value"),
    one("selection", "/instance/0/imageRegion2D/0/coordinate", [], "empty"),
    one("selection", "/instance/0/imageRegion2D/0/regionType", "banana", "code"),
    one("study", "/numberOfSeries", -1, "value"),
    one("timed", f"{REPEAT}/count", 0, "value"),
    one("audit R4B", "/agent/0", {"altId": "x"}, "missing"),
]

INVARIANTS = [
    one("observation", "/dataAbsentReason", {"text": "unknown"}, "obs-6", ""),
    one("observation", "/component/0/code", concept("246120007"), "obs-7", ""),
    Fault("observation", {"/bodyStructure": {"reference": "BodyStructure/1"}}, {"obs-8": ""}),
    one("observation", "/referenceRange/0", {"age": {"low": amount(1, "a")}}, "obs-3"),
    Fault("document", {"/entry/2/resource/specimen": {"reference": uuid(9)}, "/entry/8/resource/member/0/entity/reference": uuid(5)}, {"obs-9": "/entry/2/resource/specimen"}),
    Fault("observation", {"/contained/0/contained": [{"resourceType": "Device", "id": "b"}], "/contained/0/definition": {"reference": {"reference": "#b"}}}, {"dom-2": "", "ref-1": "/contained/0/definition/reference/reference"}),
    one("observation", "/device", GONE, "dom-3", "/contained/0"),
    Fault("observation", {"/contained/0/id": GONE}, {"dom-3": "/contained/0", "ref-1": "/device/reference"}),
    one("observation", "/contained/0/meta", {"versionId": "1"}, "dom-4", ""),
    one("observation", "/contained/0/meta", {"security": [{"code": "x"}]}, "dom-5", ""),
    one("observation", "/extension/0/extension", [{"url": "a", "valueInteger": 1}], "ext-1", "/extension/0"),
    one("observation", "/extension/0/valueInteger", GONE, "ext-1", "/extension/0"),
    Fault("observation", {"/device/reference": "#other"}, {"ref-1": "/device/reference", "dom-3": "/contained/0"}),
    one("observation", "/subject", {"type": "Patient"}, "ref-2"),
    one("observation", "/valueQuantity/system", GONE, "qty-3", "/valueQuantity"),
    one("observation", "/component/1/valueRatio/denominator", GONE, "rat-1", "/component/1/valueRatio"),
    one("observation", "/component/1/valueRatio/denominator/comparator", "<", "sqty-1", "/component/1/valueRatio/denominator"),
    one("observation", "/component/2/valuePeriod/end", "2025-12", "per-1", "/component/2/valuePeriod"),
    Fault("observation", {"/component/2/valuePeriod": {"start": "2026-01-01T10:00:01Z", "end": "2026-01-01T18:00:00+08:00"}}, {"per-1": "/component/2/valuePeriod"}),
    one("observation", "/component/3/valueRange/low/value", 4, "rng-2", "/component/3/valueRange"),
    one("observation", "/identifier/0/value", GONE, "ident-1", "/identifier/0"),
    one("observation", "/code/coding/0", {"display": "nodule"}, "cod-1"),
    one("sampled", "/valueSampledData/interval", GONE, "sdd-1", "/valueSampledData"),
    one("sampled", "/component/0/valueAttachment/contentType", GONE, "att-1", "/component/0/valueAttachment"),
    one("timed", f"{REPEAT}/durationUnit", GONE, "tim-1", REPEAT),
    one("timed", f"{REPEAT}/periodUnit", GONE, "tim-2", REPEAT),
    one("timed", f"{REPEAT}/duration", -1, "tim-4", REPEAT),
    one("timed", f"{REPEAT}/period", -1, "tim-5", REPEAT),
    Fault("timed", {f"{REPEAT}/period": GONE, f"{REPEAT}/periodUnit": GONE, f"{REPEAT}/periodMax": 2}, {"tim-6": REPEAT}),
    Fault("timed", {f"{REPEAT}/duration": GONE, f"{REPEAT}/durationUnit": GONE, f"{REPEAT}/durationMax": 2}, {"tim-7": REPEAT}),
    one("timed", f"{REPEAT}/countMax", 2, "tim-8", REPEAT),
    one("timed", f"{REPEAT}/offset", 2, "tim-9", REPEAT),
    Fault("timed", {f"{REPEAT}/timeOfDay": ["08:00:00"], f"{REPEAT}/when": ["PC"]}, {"tim-10": REPEAT}),
    one("extended", "/extension/0/valueAge/value", -1, "age-1", "/extension/0/valueAge"),
    one("extended", "/extension/1/valueCount/value", 1.5, "cnt-3", "/extension/1/valueCount"),
    one("extended", "/extension/2/valueDistance/code", GONE, "dis-1", "/extension/2/valueDistance"),
    one("extended", "/extension/3/valueDuration/value", GONE, "drt-1", "/extension/3/valueDuration"),
    one("extended", "/extension/4/valueContactPoint/system", GONE, "cpt-2", "/extension/4/valueContactPoint"),
    one("extended", "/extension/6/valueExpression/expression", GONE, "exp-1", "/extension/6/valueExpression"),
    one("extended", "/extension/6/valueExpression/name", "1", "exp-2", "/extension/6/valueExpression"),
    one("extended", "/extension/7/valueDataRequirement/codeFilter/0/searchParam", "x", "drq-1", "/extension/7/valueDataRequirement/codeFilter/0"),
    one("extended", "/extension/7/valueDataRequirement/dateFilter/0/searchParam", "x", "drq-2", "/extension/7/valueDataRequirement/dateFilter/0"),
    Fault("extended", {"/extension/8/valueTriggerDefinition/timingDate": "2026-03-10", "/extension/8/valueTriggerDefinition/data": [{"type": "Patient"}]}, {"trd-1": "/extension/8/valueTriggerDefinition"}),
    one("extended", "/extension/8/valueTriggerDefinition/condition", {"language": "text/cql", "expression": "1"}, "trd-2", "/extension/8/valueTriggerDefinition"),
    one("extended", "/extension/8/valueTriggerDefinition/type", "periodic", "trd-3", "/extension/8/valueTriggerDefinition"),
    one("extended", "/extension/9/valueRatioRange/denominator", GONE, "ratrng-1", "/extension/9/valueRatioRange"),
    Fault("extended", {"/extension/10": {"url": "https://example.org/dose", "valueDosage": {"asNeeded": False, "asNeededFor": [{"text": "pain"}]}}}, {"dos-1": "/extension/10/valueDosage"}),
    Fault("extended", {"/extension/10": {"url": "https://example.org/open", "valueAvailability": {"availableTime": [{"allDay": True, "availableStartTime": "08:00:00"}]}}}, {"av-1": "/extension/10/valueAvailability/availableTime/0"}),
    one("patient", "/contact/0/telecom", GONE, "pat-1", "/contact/0"),
    one("organization", "/name", GONE, "org-1", ""),
    one("organization", "/contact/0/telecom/0/use", "home", "org-3", "/contact/0"),
    one("organization", "/contact/0/address/use", "home", "org-4", "/contact/0"),
    Fault("device", {"/name/1": {"value": "b", "type": "user-friendly-name", "display": True}}, {"dev-1": ""}),
    one("document reference", "/facilityType", {"text": "clinic"}, "docRef-1", ""),
    one("document reference", "/practiceSetting", {"text": "clinic"}, "docRef-2", ""),
    one("list", "/emptyReason", {"text": "none"}, "lst-1", ""),
    one("task", "/focus", GONE, "tsk-1", ""),
    one("task", "/lastModified", "2026-03-09T08:00:00Z", "inv-1", ""),
    one("parameters", "/parameter/0/part", [{"name": "c", "valueCode": "x"}], "inv-1", "/parameter/0"),
    one("document", "/entry/3/resource/result", GONE, "dgr-1", "/entry/3/resource"),
    one("document", "/entry/6/resource/agent/0", {"who": {"reference": uuid(6)}, "onBehalfOf": {"reference": uuid(6)}}, "prov-1"),
    one("document", "/entry/6/resource/agent/0", {"who": {"reference": uuid(10)}, "onBehalfOf": {"reference": uuid(5)}}, "prov-2"),
    one("document", "/entry/6/resource/agent/0", {"who": {"reference": uuid(6)}, "onBehalfOf": {"reference": uuid(10)}}, "prov-3"),
    one("document", "/entry/0/resource/section/0/entry", GONE, "cmp-1", "/entry/0/resource/section/0"),
    one("document", "/entry/0/resource/section/0/emptyReason", {"text": "none"}, "cmp-2", "/entry/0/resource/section/0"),
    one("document", "/identifier", GONE, "bdl-9", ""),
    one("document", "/timestamp", GONE, "bdl-10", ""),
    one("document", "/issues", {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "informational"}]}, "bdl-17", ""),
    one("collection", "/total", 1, "bdl-1", ""),
    one("collection", f"{ENTRY}/search", {"mode": "match"}, "bdl-2", ""),
    one("collection", f"{ENTRY}/request", {"method": "PUT", "url": "Patient/pseudonym-1"}, "bdl-3a", ""),
    one("history", f"{ENTRY}/response", GONE, "bdl-3b", ""),
    one("transaction", f"{ENTRY}/request", GONE, "bdl-3c", ""),
    Fault("collection", {"/type": "transaction-response"}, {"bdl-3d": ""}),
    Fault("transaction", {"/type": "batch", "/entry/2": {"fullUrl": uuid(1)}}, {"bdl-5": "/entry/2", "bdl-3c": ""}),
    Fault("collection", {"/entry/1": {"fullUrl": uuid(1), "resource": {"resourceType": "Device", "id": "x"}}}, {"bdl-7": ""}),
    Fault("collection", {f"{ENTRY}/fullUrl": "http://example.org/fhir/Patient/pseudonym-1/_history/1"}, {"bdl-8": ENTRY}),
    Fault("collection", {"/type": "message"}, {"bdl-12": ""}),
    Fault("history", {"/type": "subscription-notification"}, {"bdl-13": ""}),
    Fault("history", {f"{ENTRY}/request/method": "PATCH"}, {"bdl-14": ""}),
    one("collection", f"{ENTRY}/fullUrl", GONE, "bdl-15", ""),
    one("searchset", "/issues/issue/0/severity", "error", "bdl-16", ""),
    one("searchset", "/link", GONE, "bdl-18", ""),
    Fault("document", {"/entry/0": {"fullUrl": uuid(11), "resource": {"resourceType": "Device", "id": "x"}}, "/entry/3/resource/composition": GONE}, {"bdl-11": ""}),
    one("code system", "/name", "my labels", "cnl-0", ""),
    one("code system", "/url", "https://example.org/labels|1", "cnl-1"),
    one("code system", "/concept/1/code", "LESION", "csd-1", ""),
    one("code system", "/hierarchyMeaning", GONE, "csd-2", ""),
    Fault("code system", {"/hierarchyMeaning": GONE, "/concept/0/concept": GONE, "/concept/1/property": [{"code": "parent", "valueCode": "LESION"}]}, {"csd-3": ""}),
    one("code system", "/content", "supplement", "csd-4", ""),
    Fault("code system", {"/concept/0/designation/0": {"value": "病灶", "additionalUse": [{"code": "x"}]}}, {"csd-5": "/concept/0/designation/0"}),
    Fault("value set", {f"{INCLUDE}": {"version": "1"}}, {"vsd-1": INCLUDE}),
    Fault("value set", {f"{INCLUDE}/system": GONE, f"{INCLUDE}/valueSet": ["https://example.org/x"]}, {"vsd-2": INCLUDE}),
    one("value set", f"{INCLUDE}/filter", [{"property": "a", "op": "=", "value": "b"}], "vsd-3", INCLUDE),
    Fault("value set", {f"{CONTAINS}/code": GONE, f"{CONTAINS}/display": GONE, f"{CONTAINS}/abstract": True}, {"vsd-6": CONTAINS}),
    one("value set", f"{CONTAINS}/code", GONE, "vsd-9", CONTAINS),
    one("value set", f"{CONTAINS}/system", GONE, "vsd-10", CONTAINS),
    Fault("value set", {f"{INCLUDE}/concept/0/designation/0": {"value": "结节", "additionalUse": [{"code": "x"}]}}, {"vsd-11": f"{INCLUDE}/concept/0/designation/0"}),
    one("concept map", f"{TARGET}/relationship", "not-related-to", "cmd-1", TARGET),
    one("concept map", f"{UNMAPPED}/code", GONE, "cmd-2", UNMAPPED),
    Fault("concept map", {UNMAPPED: {"mode": "other-map"}}, {"cmd-3": UNMAPPED}),
    one("concept map", "/group/0/element/0/noMap", True, "cmd-4", "/group/0/element/0"),
    one("concept map", "/group/0/element/0/code", GONE, "cmd-5", "/group/0/element/0"),
    one("concept map", f"{TARGET}/dependsOn/0/valueString", GONE, "cmd-6", f"{TARGET}/dependsOn/0"),
    one("concept map", f"{TARGET}/code", GONE, "cmd-7", TARGET),
    Fault("concept map", {UNMAPPED: {"mode": "use-source-code", "code": "0", "relationship": "related-to"}}, {"cmd-8": UNMAPPED}),
    one("concept map", f"{UNMAPPED}/relationship", GONE, "cmd-9", UNMAPPED),
    one("concept map", f"{UNMAPPED}/otherMap", "https://example.org/other", "cmd-10", UNMAPPED),
    one("concept map", "/property/0/system", GONE, "cmd-11", "/property/0"),
]  # fmt: skip
"""Of HL7's, each by its key."""

R4B = [
    one("observation R4B", "/bodyStructure", {"reference": "BodyStructure/1"}, "element"),
    one("observation R4B", "/dataAbsentReason", {"text": "unknown"}, "obs-6", ""),
    one("observation R4B", "/device", GONE, "dom-3", "/contained/0"),
    one("observation R4B", "/component/2/valuePeriod/end", "2025-12-31", "per-1", "/component/2/valuePeriod"),
    one("observation R4B", "/component/3/valueRange/low/value", 4, "rng-2", "/component/3/valueRange"),
    Fault("observation R4B", {"/device/reference": "#other"}, {"ref-1": "/device/reference", "dom-3": "/contained/0"}),
    one("observation R4B", "/component/0/valueInteger", "4", "type"),
    one("timed R4B", f"{REPEAT}/offset", 2, "tim-9", REPEAT),
    one("extended R4B", "/extension/3/valueDuration/code", GONE, "drt-1", "/extension/3/valueDuration"),
    one("extended R4B", "/extension/9/valueRatioRange/denominator", GONE, "inv-1", "/extension/9/valueRatioRange"),
    one("extended R4B", "/extension/9/valueRatioRange/lowNumerator/value", 3, "inv-2", "/extension/9/valueRatioRange"),
    one("transaction R4B", f"{ENTRY}/request", GONE, "bdl-3", ""),
    one("collection R4B", f"{ENTRY}/response", {"status": "200"}, "bdl-4", ""),
    Fault("collection R4B", {"/entry/1": {"fullUrl": uuid(1), "resource": {"resourceType": "Device", "id": "x", "meta": {"versionId": "1"}}}, f"{ENTRY}/resource/meta": {"versionId": "1"}}, {"bdl-7": ""}),
    one("audit R4B", "/entity/0/query", "YWJj", "sev-1", "/entity/0"),
    Fault("list R4B", {"/mode": "snapshot", "/entry/0/deleted": True}, {"lst-2": ""}),
    Fault("list R4B", {"/mode": "snapshot", "/entry/0/date": "2026-03-10"}, {"lst-3": ""}),
    one("code system R4B", "/name", "my labels", "csd-0", ""),
    one("code system R4B", "/concept/1/code", "LESION", "csd-1", ""),
    one("selection R4B", f"{FLAT_R4B}/extension/1/valueDecimal", -1, "outside_image"),
    Fault("selection R4B", {f"{FLAT_R4B}/extension/2": GONE}, {"coordinates": FLAT_R4B}),
]  # fmt: skip
"""Of the other release, where it says something else."""

REFERENCES = [
    one("observation", "/subject/reference", "pseudonym-1", "reference"),
    one("observation", "/subject/reference", "Banana/1", "reference"),
    Fault("observation", {"/subject": {"reference": "Observation/1"}}, {"target": "/subject"}),
    one("observation", "/subject/reference", "http://example.org/fhir/Medication/1/_history/2", "reference_type", "/subject/type"),
    one("observation", "/subject/type", "Group", "reference_type"),
    Fault("observation", {"/subject": {"type": "Observation", "display": "x"}}, {"target": "/subject"}),
    Fault("observation", {"/device": {"reference": "#model"}, "/subject": {"reference": "#"}}, {"ref-1": "/subject/reference", "target": "/subject"}),
    Fault("observation", {"/contained/1": {"resourceType": "Device", "id": "model"}}, {"contained_id": "/contained/1/id"}),
    one("document", "/entry/2/resource/subject/reference", uuid(99), "reference"),
    one("document", "/entry/2/resource/subject/reference", "Patient/else", "reference"),
    Fault("document", {"/entry/2/resource/subject/reference": "Patient/pseudonym-1/_history/2", "/entry/1/resource/meta": {"versionId": "1"}}, {"reference": "/entry/2/resource/subject/reference"}),
    one("document", "/entry/2/resource/subject/reference", uuid(1), "target", "/entry/2/resource/subject"),
    one("transaction", f"{ENTRY}/fullUrl", "http://example.org/fhir/Patient/other", "full_url"),
    one("transaction", f"{ENTRY}/fullUrl", "Patient/pseudonym-1", "full_url"),
    one("transaction", f"{ENTRY}/request/url", "Patient/other", "request"),
    one("transaction", f"{ENTRY}/request/url", "Person/pseudonym-1", "request"),
    Fault("transaction", {f"{ENTRY}/request": {"method": "POST", "url": "Patient/pseudonym-1"}}, {"request": f"{ENTRY}/request/url"}),
    Fault("transaction", {"/entry/2": {"request": {"method": "DELETE", "url": "Patient/pseudonym-1"}}}, {"request": "/entry/2/request/url"}),
    one("study", "/series/0/performer", [{"actor": {"reference": "Observation/1"}}], "target", "/series/0/performer/0/actor"),
    one("study", "/procedure", [{"reference": {"reference": "Procedure/1"}}], "target", "/procedure/0/reference"),
]  # fmt: skip

OURS = [
    one("observation", "/modifierExtension", [{"url": "https://example.org/not", "valueBoolean": True}], "modifier_extension", "/modifierExtension/0"),
    one("observation", "/component/0/modifierExtension", [{"url": "https://example.org/not", "valueBoolean": True}], "modifier_extension", "/component/0/modifierExtension/0"),
    one("timed", "/effectiveTiming/modifierExtension", [{"url": "https://example.org/not", "valueBoolean": True}], "modifier_extension", "/effectiveTiming/modifierExtension/0"),
    one("observation", "/valueQuantity/code", "millimeter", "unit"),
    one("observation", "/valueQuantity/code", "mm²", "unit"),
    Fault("observation", {"/component/0": {"code": {"text": "x"}, "valueCodeableConcept": concept("mmm", UCUM)}}, {"unit": "/component/0/valueCodeableConcept/coding/0/code"}),
    one("observation", "/valueQuantity/code", "(" * 100_000, "unit"),
    one("observation", "/code/coding/0/system", "snomed", "system"),
    one("observation", "/identifier/0/system", "hospital", "system"),
    one("observation", "/identifier/0/value", "7", "uri"),
    one("observation", "/identifier/0/value", "urn:oid:1.02.3", "uri"),
    one("observation", "/extension/0/url", "urn:oid:9.1", "uri"),
    one("observation", "/extension/0/url", "urn:uuid:ABC", "uri"),
    one("selection", "/identifier/0/value", SERIES, "uid"),
    one("selection", "/studyUid", "1.02.3", "uid"),
    one("selection", "/instance/0/uid", "no-uid", "uid"),
    one("selection", "/instance/0/sopClass/code", "1.2.840.10008.5.1.4.1.1.2", "uri"),
    one("study", "/series/0/uid", "series-1", "uid"),
    one("study", "/series/0/instance/0/uid", "1.2.3.", "uid"),
    one("selection", f"{REGION}/0/coordinate", [1, 2, 3], "coordinates", f"{REGION}/0"),
    one("selection", f"{REGION}/0/coordinate", [1, 2, 3, 4], "coordinates", f"{REGION}/0"),
    one("selection", f"{REGION}/1/coordinate", [1, 2], "coordinates", f"{REGION}/1"),
    one("selection", f"{REGION}/2/coordinate", [1, 2, 3, 4, 5, 6], "coordinates", f"{REGION}/2"),
    one("selection", f"{REGION}/3/coordinate", [1, 2, 3, 4], "coordinates", f"{REGION}/3"),
    one("selection", f"{SOLID}/0/coordinate", [1, 2, 3, 4], "coordinates", f"{SOLID}/0"),
    one("selection", f"{SOLID}/1/coordinate", [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1], "closed", f"{SOLID}/1"),
    one("selection", f"{SOLID}/2/coordinate", [1, 2, 3], "coordinates", f"{SOLID}/2"),
    one("selection", f"{REGION}/2/coordinate", [100, 100, 100, 100], "extent", f"{REGION}/2"),
    one("selection", f"{REGION}/3/coordinate", [90, 100, 110, 100, 300, 95, 300, 105], "axes", f"{REGION}/3"),
    one("selection", f"{REGION}/0/coordinate/1", -0.5, "outside_image"),
    one("selection", f"{REGION}/1/coordinate/4", 512.5, "outside_image"),
    one("selection", f"{REGION}/2/coordinate", [5, 100, 15, 100], "outside_image", f"{REGION}/2/coordinate/0"),
    one("selection", f"{REGION}/0/coordinate/0", float("1e308"), "outside_image"),
]  # fmt: skip
"""Of ours. The image has 512 columns and rows."""

FAULTS: Final = [*STRUCTURE, *INVARIANTS, *R4B, *REFERENCES, *OURS]
