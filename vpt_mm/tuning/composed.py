"""TuningList: several tuning methods at once."""
import torch
from mmengine.model import ModuleList

from .method import KeepsValues


class TuningList(KeepsValues, ModuleList):
    """Several methods at once, such as VPT + Bias; answers every seam for all of them."""

    @property
    def trains_backbone(self):
        return any(method.trains_backbone for method in self)

    @property
    def travels(self):
        return any(method.travels for method in self)

    @property
    def frame(self):
        return sum(method.frame for method in self)

    @property
    def dense(self):
        return all(method.dense for method in self)

    def build_for(self, backbone):
        for method in self:
            method.build_for(backbone)

    def trains(self, backbone):
        return [name for method in self for name in method.trains(backbone)]

    def paint(self, image):
        for method in self:
            image = method.paint(image)
        return image

    def project(self, features, image, conv):
        for method in self:
            features = method.project(features, image, conv)
        return features

    def patches(self):
        made = [patches for patches in [method.patches() for method in self] if patches is not None]
        return torch.cat(made) if made else None

    def join(self, tokens, block):
        for method in self:
            tokens = method.join(tokens, block)
        return tokens

    def prompts(self, block, batch):
        seen = [method.prompts(block, batch) for method in self]  # no := here: torch.compile can't follow it
        seen = [prompts for prompts in seen if prompts is not None]
        if len({prompts.dim() for prompts in seen}) > 1:
            seen = [prompts.expand(batch, -1, -1) for prompts in seen]
        return torch.cat(seen, dim=-2) if seen else None

    def prefixes(self, block):
        made = [prefixes for prefixes in [method.prefixes(block) for method in self] if prefixes is not None]
        return torch.cat(made, dim=1) if made else None

    def adapt(self, branch, block):
        for method in self:
            branch = method.adapt(branch, block)
        return branch

    def blend(self, features, image):
        for method in self:
            features = method.blend(features, image)
        return features

    def merge_into(self, backbone):
        for method in self:
            method.merge_into(backbone)
