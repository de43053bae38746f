"""What is done to JSON documents: strict reading, exact writing, residuals, errors of validators, schema changes."""
