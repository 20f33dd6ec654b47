"""Layers that backbones share: attention, windows, linear updates, alignment; one a file."""
