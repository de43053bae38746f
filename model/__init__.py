"""The LinkML model and its generator; development only, nothing of it is shipped."""
