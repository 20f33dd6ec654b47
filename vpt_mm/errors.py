"""The one kind of error that the caller can mend."""


class UsageError(ValueError):
    """Bad input: the message names the rule, the value and the way out.

    Command lines print the message alone, without a traceback.
    """
