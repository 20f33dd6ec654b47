"""Hooks that come with a hook of a config, so that configs name few."""


def register_once(runner, *hooks):
    """Register hooks behind the one that calls this, where the run has none of their kind yet.

    Their priority must be that of the caller, or lower: hooks in front would move it while the runner calls it.
    """
    for hook in hooks:
        if not any(type(one) is type(hook) for one in runner.hooks):
            runner.register_hook(hook)
