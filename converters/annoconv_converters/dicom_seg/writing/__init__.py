"""From cases and arrays to segmentation files."""
