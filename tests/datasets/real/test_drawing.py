"""Drawings in SVG: what they may hold, and their pixels."""
import numpy as np
import pytest

from vpt_mm.datasets.real.drawing import MOST_CHARACTERS, render, require_plain
from vpt_mm.errors import UsageError

PLAIN = ('<defs><linearGradient id="a"><stop offset="0" stop-color="#f00"/></linearGradient>'
         '<clipPath id="c"><circle cx="8" cy="8" r="8"/></clipPath></defs>'
         '<g clip-path="url(#c)" fill="url(#a)"><path id="p" d="M0 0h8v16h-8z"/><use href="#p" transform="scale(2)"/>'
         '<use xlink:href="#p"/></g>')


def bomb(levels):
    """Ten of the part before, at each level."""
    parts = [f'<g id="l{level}">' + f'<use href="#l{level - 1}"/>' * 10 + '</g>' for level in range(1, levels)]
    return '<path id="l0" d="M0 0h1v1z"/>' + ''.join(parts)


def test_shapes_and_colours_are_plain():
    require_plain(PLAIN, 'x')
    require_plain(bomb(3), 'x')


@pytest.mark.parametrize('body, message', [
    ('<image href="file:///etc/passwd"/>', 'and has image'),
    ('<use href="https://example.org/x.svg#a"/>', 'refers to .https://example.org/x.svg#a'),
    ('<use xlink:href="/etc/passwd"/>', 'refers to ./etc/passwd'),
    ('<path fill="url(https://example.org/a)" d=""/>', 'refers to .url.https'),
    ('<path fill="url(#a) url(x.svg#b)" d=""/>', 'refers to .url'),
    ('<path style="fill:red" d=""/>', 'and has style'),
    ('<path onload="x()" d=""/>', 'and has onload'),
    ('<script>x()</script>', 'and has script'),
    ('<text>hello</text>', 'and has text'),
    ('<foreignObject/>', 'and has foreignObject'),
    ('<g xmlns="http://www.w3.org/1999/xhtml"/>', 'and has {http://www.w3.org/1999/xhtml}g'),
    ('<g xml:base="http://example.org"/>', 'and has {http://www.w3.org/XML/1998/namespace}base'),
    ('<filter id="f"/>', 'and has filter'),
    ('<!DOCTYPE svg [<!ENTITY a "b">]><path d="&a;"/>', 'without declarations'),
    ('<?xml-stylesheet href="x.css"?>', 'without declarations'),
    ('</svg><svg>', 'is no SVG'),
    ('<path', 'is no SVG'),
    ('<g id="a"><use href="#a"/></g>', 'drawn in itself'),
    ('<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>', 'drawn in itself'),
    ('<g>' * 60 + '</g>' * 60, 'nested more than 50 times'),
    (bomb(12), 'more than 20,000 parts'),
    (' ' * (MOST_CHARACTERS + 1), 'at most 400,000 characters'),
], ids=lambda value: value[:40])
def test_all_else_is_refused(body, message):
    with pytest.raises(UsageError, match=rf'noto:x .*{message}'):
        require_plain(body, 'noto:x')


def test_pixels_are_those_of_the_drawing():
    pytest.importorskip('resvg_py', reason='resvg-py is not installed: pip install "vpt-mm[emoji]"')
    halves = '<path fill="#f00" d="M0 0h8v8H0z"/><path fill="#00f" fill-opacity=".5" d="M8 0h8v8H8z"/>'
    pixels = render(halves, width=16, height=8, side=32, name='x')
    assert pixels.shape == (16, 32, 4) and pixels.dtype == np.uint8
    assert (pixels[:, :16] == [255, 0, 0, 255]).all()
    assert (abs(pixels[:, 16:].astype(int) - [0, 0, 255, 128]) <= 1).all()
    assert render(PLAIN, width=16, height=16, side=32, name='x')[..., 3].any()
