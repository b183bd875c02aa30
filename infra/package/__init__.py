"""infra/package: the folders that Lambda runs, built from the locked requirements: the same inputs, the same bytes."""
