"""What the 2-D formats share: pictures with records of annotations, between the case document and each format.

A *picture* is a flat image or one slice of a volume (`planes`). A *record* is an annotation on one picture, in the
form of a COCO annotation: `segmentation`, `bbox`, `keypoints`, `category_id`. Writers `draw` cases as pictures;
readers make pictures of what they find and ask `meaning` what they mean. All coordinates are continuous pixels, x =
column, y = row, origin at the outer corner of the first pixel; only COCO keypoints, as COCO has them, are pixel
indices.
"""
