"""Files of volumes, NIfTI, NRRD and MetaImage, and what tables say of the labels in them; grids in LPS, mm."""
