"""Metrics and agreement: pure functions on arrays, boxes, labels and ratings, each value with its definition.

- Every function gives `MetricValue`s of the model: `definition_id` (docs/reference/metrics.md lists them), `status`,
  `value`, `unit`. What an empty mask or a division by zero has is a status and no value; never NaN, never infinity.
- Whole numbers are counted first and divided once, in float64; distances are in mm, computed from whole index
  differences. `spacing` is asked for wherever a distance or a volume is told, in the order of the array's axes.
- A metric that is defined in several ways has a name for each: `surface_voxel` and `surface_surfel`, `hd95` and
  `hd95_pooled`, `conformity` and `conformity_as_printed`, `ap_coco` and `ap_voc_2010`.
- Means come in twos (`results.summary`): of what is defined, and with each missed structure at its worst.

Rooms: `overlap` (regions), `borders`, `surfels`, `surface`, `boundary` (outlines). Specification 8.4, 9.1, 9.2, 9.4, D.
"""

from __future__ import annotations

from annoconv.metrics.definitions import DEFINITIONS, Definition
from annoconv.metrics.results import Summary, summary

__all__ = ["DEFINITIONS", "Definition", "Summary", "summary"]
