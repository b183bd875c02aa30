"""The room where Noyo's language stops: HTTP, tokens, its JSON, its refusals."""
