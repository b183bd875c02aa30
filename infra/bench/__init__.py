"""infra/bench: how long a person waits for a fresh process, as a ratio to Bolt's own way on Lambda."""
