"""What the diagrams of methods begin with: a chain of blocks, one block from inside, and texts beside an image."""
from sheet import COMPUTED, FROZEN, LEARNED, Sheet

BLOCKS = (104, 204, 328)  # the left edges of blocks 1, 2 and the last
TOKENS = (84, 184, 308, 404)  # tokens in front of each, and behind the last
ARROWS = ((70, 77), (91, 103), (160, 177), (191, 203), (260, 272), (294, 301), (315, 327), (384, 397), (411, 443))
CLASS = '#b8c4d0'
PROMPTS = 112  # how low the first of two prompts is
STARTS, ENDS = (48, 272), (202, 416)  # of the branches of attention and FFN
STREAM, BRANCH = 122, 68  # how low the residual stream of a block runs, and its branches


def chain(title, *, blocks=(FROZEN,) * 3, embed=FROZEN, first=CLASS, height=0, prompts=False):
    """An image, its patches, three blocks and a head.

    Args:
        blocks, embed, first: colours of the blocks, the patch embedding and the class token that enters.
        height: of the drawing, where more is below.
        prompts: leave room for two prompts below the tokens.
    """
    low = 146 if prompts else 110
    sheet = Sheet(title, height=height or low + 28)
    sheet.picture(8, 46)
    sheet.box(57, 36, 13, 66, fill=embed)
    for number, x, fill in zip(('1', '2', 'N'), BLOCKS, blocks):
        sheet.box(x, 24, 56, low - 24, fill=fill)
        sheet.write(x + 28, 68, f'block {number}')
    for index, x in enumerate(TOKENS):
        sheet.square(x, 38, CLASS if index else first)
        sheet.squares(x, 56, 3)
    for start, end in ARROWS:
        sheet.line((start, 70), (end, 70), arrow=end - start > 9)
    sheet.write(283, 70, '...')
    sheet.box(444, 48, 52, 44, 'head', fill=LEARNED)
    return sheet


def travelling(sheet, columns, fill=COMPUTED):
    """Prompts that blocks have made of prompts, at the places of ``TOKENS``."""
    for column in columns:
        sheet.squares(TOKENS[column], PROMPTS, 2, fill)


def block(title, *, norms=FROZEN, attention='attention', ffn='FFN', low=138, ends=ENDS):
    """One block from inside: a stream of tokens, and the branches of attention and FFN, which are added to it.

    Args:
        low: where its frame ends.
        ends: where the branches come back to the stream.
    """
    sheet = Sheet(title, height=low + 34)
    sheet.frame(34, 6, 444, low - 6)
    for x in (16, 493):
        sheet.square(x, STREAM - 30, CLASS)
        sheet.squares(x, STREAM - 12, 3)
    sheet.line((26, STREAM), (485, STREAM))
    for start, end, text in zip(STARTS, ends, (attention, ffn)):
        sheet.line((start, STREAM), (start, BRANCH), (start + 11, BRANCH))
        sheet.box(start + 12, BRANCH - 17, 24, 34, 'LN', fill=norms)
        sheet.line((start + 36, BRANCH), (start + 45, BRANCH))
        sheet.box(start + 46, BRANCH - 17, 76, 34, text)
        sheet.line((start + 122, BRANCH), (end, BRANCH), (end, STREAM - 10))
        sheet.node(end, STREAM)
    return sheet


def towers(title, words, *, height=172):
    """Texts and an image, and the cosine of their features; words are (text, colour)."""
    sheet = Sheet(title, height=height)
    x = 8
    for text, fill in words:
        width = 26 if len(text) < 4 else 9 * len(text) + 8
        sheet.box(x, 24, width, 26, text, fill=fill)
        x += width + 3
    sheet.line((x, 37), (277, 37))
    sheet.box(278, 20, 100, 34, 'text tower')
    sheet.picture(8, 96)
    sheet.line((54, 118), (277, 118))
    sheet.box(278, 101, 100, 34, 'image tower')
    sheet.line((378, 37), (412, 37), (412, 68))
    sheet.line((378, 118), (412, 118), (412, 88))
    sheet.node(412, 78, '·')
    sheet.line((422, 78), (440, 78))
    sheet.write(470, 78, 'scores')
    return sheet


def note(sheet, text):
    """A line of words at the bottom."""
    sheet.write(sheet.width / 2, sheet.height - 13, text)
    return sheet

