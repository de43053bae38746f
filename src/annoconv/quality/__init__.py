"""What masks look like that nobody has drawn so: cavities, holes, islands, gaps, jumps. One pass over each volume.

Everything is told from the runs of a volume (`annoconv.volumes.foreground`), never from its voxels: 512 x 512 x 320
with twenty labels are a few hundred thousand runs. Slices are those of the k axis, indices are zero-based, lengths are
voxels. `copies` tells which images are near copies of others.
"""
