"""Values and rules of the field; pure, no I/O, standard library only."""
