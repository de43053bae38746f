"""Several readers of one image made one: masks by votes or STAPLE, objects by matching and votes, by an adjudicator.

`voting` works on voxels, `grouping` on objects, `decisions` on annotations; `document` makes a case of it all.
"""

from __future__ import annotations

from annoconv.metrics.consensus.decisions import Decision, Rules
from annoconv.metrics.consensus.document import Consensus, merge_readers
from annoconv.metrics.consensus.voting import Fused, fuse

__all__ = ["Consensus", "Decision", "Fused", "Rules", "fuse", "merge_readers"]
