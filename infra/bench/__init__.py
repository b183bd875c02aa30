"""Measures cold starts as a ratio to Bolt's own adapter for Lambda."""
