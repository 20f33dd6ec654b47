"""Methods that choose parameters of the backbone, or put parts into its blocks: a function draws each."""
from scenes import BRANCH, ENDS, STARTS, STREAM, TOKENS, block, chain, note
from sheet import FROZEN, LEARNED


def linear():
    return note(chain('LinearProbe'), 'nothing inside learns')


def mlp():
    sheet = chain('MLP-k')
    for x in (422, 433):
        sheet.box(x, 48, 8, 44, fill=LEARNED)
    return note(sheet, 'nothing inside learns, and the head has k layers')


def partial():
    return note(chain('PartialTuning', blocks=(FROZEN, FROZEN, LEARNED)), 'the last k blocks learn')


def full():
    return note(chain('FullTuning', blocks=(LEARNED,) * 3, embed=LEARNED, first=LEARNED), 'everything learns')


def side():
    sheet = chain('SideTuning', height=196)
    sheet.line((30, 92), (30, 142), (103, 142))
    sheet.box(104, 124, 280, 34, 'a small ConvNet', fill=LEARNED)
    sheet.line((384, 142), (428, 142), (428, 81))
    sheet.node(428, 70, 'g', fill=LEARNED)
    return note(sheet, 'a second network learns, and a gate g between the two')


def biases():
    sheet = block('BiasTuning', attention='W x', ffn='W x')
    for x in STARTS:
        sheet.box(x + 103, BRANCH - 13, 16, 26, 'b', fill=LEARNED)
        sheet.box(x + 14, BRANCH + 21, 20, 18, 'b', fill=LEARNED)
    return note(sheet, 'the biases of all layers learn')


def norms():
    return note(block('NormTuning', norms=LEARNED), 'scales and shifts of the norms learn')


def scales():
    sheet = block('SSF')
    for x in STARTS:
        for left, width in ((12, 38), (70, 38)):
            sheet.box(x + left, BRANCH - 46, width, 20, 'g, b', fill=LEARNED)
            sheet.line((x + left + width / 2, BRANCH - 26), (x + left + width / 2, BRANCH - 18))
    return note(sheet, 'g y + b behind every layer and norm')


def lora():
    sheet = block('LoRA', attention='W x')
    sheet.line((86, BRANCH), (86, 30), (112, 30))
    sheet.funnel(113, 30)
    sheet.line((151, 30), (184, 30), (184, BRANCH - 9))
    sheet.node(184, BRANCH)
    return note(sheet, 'low-rank updates beside frozen weights')


def adapter():
    sheet = block('Adapter', ends=(202, 454))
    sheet.funnel(402, BRANCH)
    return note(sheet, 'a bottleneck behind the FFN')


def adaptformer():
    sheet = block('AdaptFormer')
    beside(sheet, 272, '')
    return note(sheet, 'a bottleneck beside the FFN')


def convpass():
    sheet = block('Convpass')
    beside(sheet, 48, '3x3')
    beside(sheet, 272, '3x3')
    return note(sheet, 'bottlenecks with a convolution beside both')


def beside(sheet, start, text):
    """A bottleneck beside a branch that starts there."""
    width = 34 if text else 6
    left = start + 84 - (32 + width) / 2
    sheet.line((start + 40, BRANCH), (start + 40, 28), (left - 1, 28))
    sheet.funnel(left, 28, text, between=width)
    sheet.line((left + 32 + width, 28), (start + 132, 28), (start + 132, BRANCH - 9))
    sheet.node(start + 132, BRANCH)


def mona():
    sheet = block('Mona', low=190)
    for x in ENDS:
        sheet.line((x + 9, STREAM), (x + 9, STREAM + 36), (x + 12, STREAM + 36), arrow=False)
        sheet.funnel(x + 12, STREAM + 36, between=2)
        sheet.line((x + 46, STREAM + 36), (x + 51, STREAM + 36), (x + 51, STREAM + 10))
        sheet.node(x + 51, STREAM)
        sheet.write(x - 2, STREAM + 36, '3x3, 5x5, 7x7', anchor='end')
    return note(sheet, 'bottlenecks with convolutions behind both')


def rein():
    sheet = chain('Rein', height=200)
    for x in TOKENS[1:]:
        sheet.squares(x - 15, 118, 3, LEARNED, step=(15, 0))
        sheet.line((x, 110), (x, 96))
    sheet.box(160, 142, 268, 22, 'shared layers', fill=LEARNED)
    for x in TOKENS[1:]:
        sheet.line((x, 142), (x, 126))
    return note(sheet, 'patches attend to low-rank tokens behind each block')


def cross():
    sheet = block('CrossPrompt', low=214)
    sheet.line((213, STREAM), (213, STREAM + 33), (217, STREAM + 33), arrow=False)
    sheet.box(217, STREAM + 20, 36, 26, 'attn')
    sheet.line((253, STREAM + 33), (259, STREAM + 33), (259, STREAM + 10))
    sheet.node(259, STREAM)
    sheet.squares(220, STREAM + 72, 3, LEARNED, step=(15, 0))
    sheet.line((235, STREAM + 65), (235, STREAM + 47))
    return note(sheet, 'a second attention reads prompts')


def prefix():
    sheet = block('PrefixPrompt')
    keys_and_values(sheet)
    return note(sheet, 'keys and values of the attention learn')


def keys_and_values(sheet):
    for x, name in ((116, 'k'), (150, 'v')):
        sheet.squares(x - 7, 30, 2, LEARNED, step=(15, 0))
        sheet.line((x, 37), (x, 50))
        sheet.write(x, 16, name)


def e2vpt():
    sheet = block('E2VPT')
    keys_and_values(sheet)
    sheet.square(16, STREAM + 38, LEARNED)
    return note(sheet, 'prompts among the tokens, and keys and values')


DRAWN = dict(
    LinearProbe=linear, MLP=mlp, PartialTuning=partial, FullTuning=full, SideTuning=side, BiasTuning=biases,
    NormTuning=norms, SSF=scales, LoRA=lora, Adapter=adapter, AdaptFormer=adaptformer, Convpass=convpass, Mona=mona,
    Rein=rein, CrossPrompt=cross, PrefixPrompt=prefix, E2VPT=e2vpt)
