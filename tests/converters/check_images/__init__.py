"""Images with one planted fault each, and those without."""
