"""The demo: a story that simulated users play on the local stack, checked against what they see."""
