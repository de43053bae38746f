// Writes a report with DWV (npm i dwv@0.36.4): node dwv_sr.mjs OUT STUDY SERIES IMAGE IMAGE IMAGE; made tests/converters/dicom_cases/dwv/sr.dcm.
import * as dwv from 'dwv';
import fs from 'fs';
const [, , out, study, series, ...images] = process.argv;
const one = (shape, quantification, image, id, uid, ref) => {
  const a = new dwv.Annotation();
  a.trackingId = id; a.trackingUid = uid; a.mathShape = shape; a.colour = '#ff0000';
  a.referencedSopInstanceUID = image; a.referencedSopClassUID = '1.2.840.10008.5.1.4.1.1.2';
  a.quantification = quantification; a.textExpr = '{surface}'; if (ref) a.referencePoints = ref;
  a.labelPosition = new dwv.Point2D(3, 4);
  return a;
};
const P = (x, y) => new dwv.Point2D(x, y);
const list = [
  one(new dwv.Circle(P(20, 16), 5), {surface: {value: 78.5, unit: 'unit.mm2'}}, images[0], 'circle', '1.2.3.4.1'),
  one(new dwv.Rectangle(P(3, 4), P(12, 10)), {surface: {value: 54, unit: 'unit.mm2'}}, images[1], 'box', '1.2.3.4.2'),
  one(new dwv.Ellipse(P(20, 12), 6, 3), {}, images[1], 'ellipse', '1.2.3.4.3'),
  one(new dwv.ROI([P(2, 3), P(9, 3.5), P(5, 9)]), {}, images[0], 'roi', '1.2.3.4.4'),
  one(P(7, 8), {}, images[2], 'point', '1.2.3.4.5'),
];
const group = new dwv.AnnotationGroup(list);
const meta = {Modality: 'SR', PatientName: '', PatientID: 'P', PatientBirthDate: '', PatientSex: '', StudyInstanceUID: study,
  StudyDate: '', StudyTime: '', StudyID: '', AccessionNumber: '', ReferringPhysicianName: '', SeriesInstanceUID: '1.2.3.4.6', SeriesNumber: '1', InstanceNumber: '1',
  SOPInstanceUID: '1.2.3.4.7', Manufacturer: 'dwv', SpecificCharacterSet: 'ISO_IR 192',
  CurrentRequestedProcedureEvidenceSequence: {value: [{StudyInstanceUID: study, ReferencedSeriesSequence: {value: [{SeriesInstanceUID: series}]}}]}};
for (const k in meta) group.setMetaValue(k, meta[k]);
const elements = new dwv.AnnotationGroupFactory().toDicom(group);
const writer = new dwv.DicomWriter();
fs.writeFileSync(out, Buffer.from(writer.getBuffer(elements)));
console.log('written');
