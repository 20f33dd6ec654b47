"""The command line: one file a command of vpt-mm."""
