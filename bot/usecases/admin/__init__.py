"""Authorization, the grant audit, the sending pause and health checks."""
