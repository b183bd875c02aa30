"""Use cases: one verb a file; functions whose parameters are all they touch."""
