"""infra/stack: what template.yaml promises about the deployed stack, read from it so that it can be checked."""
