"""What the 2-D formats share: pictures with shapes, between the case document and each format.

A *picture* is a flat image or one slice of a volume (`planes`). A *shape* is an annotation on one picture: a record in
the form of a COCO annotation (`segmentation`, `bbox`, `keypoints`, `category_id`), and beside it what is known and what
is ours. Writers `draw` cases as pictures, of which a format makes a tree of its own; readers make pictures of what they
find and ask `meaning` what they mean. What has no place in a file is a loss, or travels in a side file (`carrier`). All
coordinates are continuous pixels, x = column, y = row, origin at the outer corner of the first pixel; only COCO
keypoints, as COCO has them, are pixel indices.
"""
