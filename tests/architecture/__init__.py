"""Rules about the code base: imports, modules loaded by a new process, contents of files, sizes, and vocabulary."""
