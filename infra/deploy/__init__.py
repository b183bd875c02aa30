"""Deploys a stack to AWS and destroys it; the data stays unless you ask to delete it too."""
