"""progress(): a bar for what may take long."""
from rich.progress import track


def progress(items, what):
    """Go through items; a bar says how far, while it is going on."""
    items = list(items)
    return track(items, description=what, transient=True, disable=len(items) < 50)
