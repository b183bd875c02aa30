"""Estimates the monthly cost on AWS from measured calls, stated assumptions and list prices."""
