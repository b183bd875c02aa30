"""The tests mirror bot/; tests/architecture holds the rules about the tree itself."""
