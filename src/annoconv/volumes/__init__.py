"""Files of voxels below the masks: NIfTI headers and their affines, boxes of labels, stacks of slices."""
