"""tokenize() against known ids, mmseg's own function, and open_clip's."""
import random

import pytest
import torch
from mmseg.utils.tokenizer import tokenize as tokenize_mmseg

from vpt_mm.errors import UsageError
from vpt_mm.tuning.tokens import CONTEXT, encode, limits, tokenize

PIECES = ['a photo of a', 'Émile', 'naïve café', '東京', 'Привет', '👍🏽', "it's", "we'll", '3.14', '(x+y)^2',
          'snake_case', 'pneumonoultramicroscopicsilicovolcanoconiosis',
          '&amp;', '&lt;b&gt;', '\t\n ', 'ﬁne', 'İstanbul', '½', '…',
          "rock'n'roll", '--', 'UPPER', '\u200b', 'a\u0301', '<end_of_text', 'ß', 'اللغة', '한국어', 'â€™', '#1!']


def strings(count=500):
    draw = random.Random(0)
    return [draw.choice(['', ' ', '. ', ', ']).join(draw.choices(PIECES, k=draw.randint(1, 4))) for _ in range(count)]


def fitting(count=500):
    return [text for text in strings(count) if len(encode(text)) <= CONTEXT - 2]


def test_known_ids():
    ids = tokenize('a photo of a cat.')  # OpenAI's, of the paper's notebook
    assert ids.tolist()[0][:8] == [49406, 320, 1125, 539, 320, 2368, 269, 49407]
    assert not ids[0, 8:].any()
    assert limits() == (49406, 49407)


def test_equals_mmsegs():
    texts = fitting()
    assert len(texts) > 400
    assert torch.equal(tokenize(texts), tokenize_mmseg(texts))
    assert torch.equal(tokenize('a', context=5), tokenize_mmseg('a', context_length=5))


def test_equals_open_clips():
    open_clip = pytest.importorskip('open_clip', reason='open-clip-torch is not installed')
    texts = fitting()
    assert torch.equal(tokenize(texts), open_clip.get_tokenizer('ViT-B-16')(texts))


def test_a_text_without_room_is_refused():
    longest = ' '.join(['cat'] * 75)
    assert tokenize([longest])[0, -1] == 49407
    with pytest.raises(UsageError, match="at most 77 tokens.*78 are those of 'cat cat"):
        tokenize(['dog', f'{longest} cat'])
    with pytest.raises(UsageError, match='must be a string, got 3'):
        tokenize([3])
