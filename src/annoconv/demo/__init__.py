"""The synthetic case of `annoconv demo`, the tests and the documentation."""
