"""Datasets whose classes are known by name: those of CoOp and DAPL, in the folders that their users have."""
