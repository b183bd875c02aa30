"""One file, one trigger: take the event, call one thing, give the answer."""
