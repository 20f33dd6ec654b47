"""Obvious slow twins of prompts in pixel space."""
import torch
import torch.nn.functional as F


def frame_around(image, rows, columns):
    """(B, 3, H, W) on a canvas, with the frame painted pixel strip by pixel strip."""
    (batch, channels, height, width), pad = image.shape, rows.shape[2]
    canvas = image.new_zeros(batch, channels, height + 2 * pad, width + 2 * pad)
    canvas[:, :, pad:-pad, pad:-pad] = image
    canvas[:, :, :pad], canvas[:, :, -pad:] = rows[0], rows[1]
    canvas[:, :, pad:-pad, :pad], canvas[:, :, pad:-pad, -pad:] = columns[0], columns[1]
    return canvas


def shrink(image, pad):
    height, width = image.shape[2:]
    return F.interpolate(image, (height - 2 * pad, width - 2 * pad), mode='bilinear')


def read_cells(features, places):
    """Bilinear samples, one at a time; ``places``: fractional rows and columns of the map."""
    rows, columns = ([min(max(place, 0), known - 1) for place in axis]
                     for axis, known in zip(places, features.shape[2:]))
    return torch.stack([torch.stack([_sample(features, y, x) for x in columns], dim=-1) for y in rows], dim=-2)


def _sample(features, y, x):
    top, left = int(y), int(x)
    bottom, right = min(top + 1, features.shape[2] - 1), min(left + 1, features.shape[3] - 1)
    v, h = y - top, x - left
    return ((1 - v) * ((1 - h) * features[:, :, top, left] + h * features[:, :, top, right])
            + v * ((1 - h) * features[:, :, bottom, left] + h * features[:, :, bottom, right]))
