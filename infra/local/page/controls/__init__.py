"""The page's controls: what happens at Noyo and in time, what the parts exchange and store, and why messages exist."""
