"""require_counts(): sizes and limits are whole numbers of at least 1."""
from ..errors import UsageError


def require_counts(**counts):
    """Raise UsageError for the first that is none."""
    for name, count in counts.items():
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise UsageError(f'{name} must be a whole number of at least 1, got {count!r}.')
