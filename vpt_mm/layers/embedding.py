"""embed_image(): mmcv's patch embedding with room for more channels than the image has."""


def embed_image(patch_embed, image, tuning):
    """mmcv's ``PatchEmbed``, and behind its convolution the seam ``project``.

    Returns:
        (B, h * w, C) and (h, w).
    """
    if patch_embed.adaptive_padding is not None:
        image = patch_embed.adaptive_padding(image)
    features = tuning.project(patch_embed.projection(image), image, patch_embed.projection)
    tokens = features.flatten(2).transpose(1, 2)
    if patch_embed.norm is not None:
        tokens = patch_embed.norm(tokens)
    return tokens, tuple(features.shape[2:])
