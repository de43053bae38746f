"""What is told of the shapes of masks, against SciPy's labels and against phantoms."""
