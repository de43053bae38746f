"""From segmentation files to cases and arrays."""
