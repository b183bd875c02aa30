"""infra/local: the same bot on one machine, every outside part embedded."""
