"""Submit operations, execute them at Noyo, and find out what became of them."""
