"""One verb a file; functions whose parameters are all they touch."""
