"""Pixels of flat pictures: run lengths, rings and outlines, PNG.

Masks are `mask_ji` (row, column); rings are (x, y) in pixels from the outer corner of the first.
"""
