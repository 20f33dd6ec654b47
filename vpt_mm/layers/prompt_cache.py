"""What the tokens of a block see beside each other: keys and values of prompts, computed once at inference."""
from functools import partial

import torch


class SeesPrompts:
    """Mixin of backbones whose tokens see prompts.

    A backbone adds ``project_prompts(block, prompts)`` and ``split_prefixes(block, prefixes)``, which give keys and
    values (2, B or 1, ..., P, d) as its attention takes them, and ``projecting(block)``, the tensors that the former
    reads.
    """

    def tune(self, config):
        super().tune(config)
        self.seen = SeenPrompts()
        # Blocks whose projection nothing learns: told now, since averaged copies do not say what trained.
        self.frozen_projections = set() if self.tuning is None else {
            index for index, block in enumerate(self.blocks)
            if not any(one.requires_grad for one in self.projecting(block))}

    def see_prompts(self, index, block, prompts):
        """Keys and values of prompts (P, C) or (B, P, C) and of prefixes, or None where there are none."""
        seen, prefixes = None, self.tuning.prefixes(index)
        if prompts is not None:
            prompts, project = self.to_frozen(prompts), partial(self.project_prompts, block)
            seen = (self.seen.get(index, prompts, self.projecting(block), project) if index in self.frozen_projections
                    else project(prompts))
        if prefixes is None:
            return seen
        prefixes = self.split_prefixes(block, self.to_frozen(prefixes))
        if seen is None:
            return prefixes
        return torch.cat([seen, prefixes.expand(-1, seen.shape[1], *prefixes.shape[2:])], dim=-2)


class SeenPrompts:
    """Keeps what a frozen projection made of prompts, and makes it again when anything that it came from changed.

    Prompts are compared by value, so that no way of writing to them is missed (averaging hooks write past
    autograd); the frozen weights of the projection by address and count of writes. On a GPU a comparison would
    wait for the device, so nothing is kept there; nor is it while gradients are recorded or a graph is compiled.
    Copies start empty.
    """

    def __init__(self):
        self.kept = {}

    def __deepcopy__(self, memo):
        return SeenPrompts()

    def __getstate__(self):
        return dict(kept={})

    def get(self, block, prompts, sources, project):
        """``project(prompts)``, kept or new.

        Args:
            block: key of the block.
            prompts: (P, C) or (B, P, C), as the tuning method gives them.
            sources: the frozen tensors that the projection reads.
            project: function of the prompts.
        """
        if torch.is_grad_enabled() or torch.compiler.is_compiling() or prompts.device.type != 'cpu':
            return project(prompts)
        if torch.is_autocast_enabled('cpu') or any(one.is_inference() for one in sources):  # which count no writes
            return project(prompts)
        state = [(source.data_ptr(), source._version) for source in sources]
        old_state, old_prompts, made = self.kept.get(block, (None, None, None))
        if old_state != state or old_prompts.dtype != prompts.dtype or not torch.equal(old_prompts, prompts):
            made = project(prompts)
            self.kept[block] = state, prompts.clone(), made
        return made
