"""Pictures of cases, and what pages about them are made of: pure functions from a case and its images to bytes.

`views` says which way round a slice is shown, `covered` which voxels a mask has on it, `outlines` what other shapes are
on it, `sources` what the image is there, `panels` puts these together, `drawing` makes pixels of them, `fonts` writes
on them, and `preview` is what others call.
"""
