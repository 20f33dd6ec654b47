"""Checks before a run, one concept a file: what would stop it later, or spoil its result, is reported first."""
