// What the adapters of cornerstone3D, of which OHIF is made, read from a report: node adapters_sr.cjs REPORT IMAGE...
import { metaData } from "@cornerstonejs/core";
import { adaptersSR } from "@cornerstonejs/adapters";
import dcmjs from "dcmjs";
import fs from "fs";

const { DicomMessage, DicomMetaDictionary } = dcmjs.data;
const natural = (path) => {
  const bytes = fs.readFileSync(path);
  const read = DicomMessage.readFile(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  return DicomMetaDictionary.naturalizeDataset(read.dict);
};
const [, , report, ...images] = process.argv;
const headers = {};
const ids = {};
for (const image of images) {
  const header = natural(image);
  headers["x:" + header.SOPInstanceUID] = header;
  ids[header.SOPInstanceUID + ":1"] = "x:" + header.SOPInstanceUID;
}
metaData.addProvider((type, id) => {
  const header = headers[id];
  if (!header || type !== "imagePlaneModule") return header;
  const cosines = header.ImageOrientationPatient;
  return {
    frameOfReferenceUID: header.FrameOfReferenceUID,
    rows: header.Rows,
    columns: header.Columns,
    imageOrientationPatient: cosines,
    rowCosines: cosines.slice(0, 3),
    columnCosines: cosines.slice(3),
    imagePositionPatient: header.ImagePositionPatient,
    pixelSpacing: header.PixelSpacing,
    rowPixelSpacing: header.PixelSpacing[0],
    columnPixelSpacing: header.PixelSpacing[1],
  };
}, 10000);
const { MeasurementReport } = adaptersSR.Cornerstone3D;
const found = MeasurementReport.generateToolState(natural(report), ids, metaData, {});
const told = Object.entries(found).flatMap(([tool, measured]) =>
  measured.map((one) => {
    const data = one.annotation.data;
    return {
      tool,
      uid: one.TrackingUniqueIdentifier,
      finding: one.finding && one.finding.CodeMeaning,
      points: (data.contour ? data.contour.polyline : data.handles.points).map((point) => Array.from(point)),
      stats: Object.values(data.cachedStats || {})[0],
    };
  })
);
console.log("TOLD " + JSON.stringify(told));
