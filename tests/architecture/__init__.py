"""Rules about the tree itself: who imports whom, what a fresh process loads, what no file may hold."""
