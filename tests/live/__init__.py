"""An archive and a viewer that run here: what we write goes into them, and what they make of it comes back (peers)."""
