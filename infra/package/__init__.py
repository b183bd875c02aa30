"""Builds the packages for Lambda from the locked requirements. The builds are reproducible."""
