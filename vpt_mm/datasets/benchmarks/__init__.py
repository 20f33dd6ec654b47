"""VTAB-1k and FGVC: tasks, their list files, and a check of what is on the disk."""
