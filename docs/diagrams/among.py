"""Methods whose prompts are among the tokens or in the image: a function draws each."""
from scenes import BLOCKS, PROMPTS, TOKENS, chain, note, travelling
from sheet import COMPUTED, GREY, LEARNED, SEEN


def shallow():
    sheet = chain('VPT-shallow', prompts=True)
    sheet.squares(TOKENS[0], PROMPTS, 2, LEARNED)
    travelling(sheet, (1, 2, 3))
    return note(sheet, 'prompts enter once and travel as tokens')


def deep():
    sheet = chain('VPT-deep', prompts=True)
    for x in TOKENS[:3]:
        sheet.squares(x, PROMPTS, 2, LEARNED)
    return note(sheet, 'each block has prompts of its own')


def fourier():
    sheet = chain('VFPT', prompts=True, height=206)
    for x in TOKENS[:3]:
        sheet.square(x, PROMPTS, LEARNED)
        sheet.square(x, PROMPTS + 15, COMPUTED)
        sheet.line((x, 157), (x, 135))
        sheet.square(x, 164, LEARNED)
        sheet.write(x - 18, 154, 'FFT', size=12)
    return note(sheet, 'a share of the prompts is Fourier-transformed')


def gated():
    sheet = chain('GateVPT', prompts=True, height=196)
    sheet.squares(TOKENS[0], PROMPTS, 2, LEARNED)
    travelling(sheet, (1, 2, 3))
    for x in TOKENS[1:3]:
        sheet.node(x, PROMPTS + 35, 'g', fill=LEARNED)
    for x in BLOCKS:
        sheet.node(x + 28, 88, 'T', fill=LEARNED)
    return note(sheet, 'gates g keep or renew prompts; T divides attention')


def guided():
    sheet = chain('DA-VPT', prompts=True, height=206)
    for x in TOKENS[:3]:
        sheet.squares(x, PROMPTS, 2, LEARNED)
    for y, text in ((160, 'classes 1, 4'), (177, 'classes 2, 3')):
        sheet.write(332, y, text, colour=GREY, anchor='start')
        sheet.line((329, y), (316, y - 43), dashed=True)
    return note(sheet, 'two losses hold prompts to groups of classes')


def pruned():
    sheet = chain('PrunedPrompt', prompts=True)
    for x, left in zip(TOKENS[:3], ((1, 0), (1, 1), (0, 1))):
        for row, kept in enumerate(left):
            sheet.square(x, PROMPTS + 15 * row, LEARNED if kept else SEEN)
            if not kept:
                sheet.write(x, PROMPTS + 15 * row, 'x', colour='#b03a2e')
    return note(sheet, 'what matters least is gone, the rest learns again')


def prototypes():
    sheet = chain('SPT', prompts=True, height=200)
    for x in TOKENS[:3]:
        sheet.squares(x, PROMPTS, 2, LEARNED)
        sheet.line((x, 158), (x, 137))
    sheet.write(196, 166, 'prototypes of the tokens there', colour=GREY)
    return note(sheet, 'prompts of VPT start close to the tokens of their block')


def added():
    sheet = chain('AddedPrompt', height=172)
    sheet.squares(62, 130, 4, LEARNED, step=(15, 0))
    sheet.line((84, 122), (84, 97))
    sheet.write(97, 112, '+', size=15)
    return note(sheet, 'a learned vector is added to each token')


def class_token():
    return note(chain('ClsTokenTuning', first=LEARNED), 'the class token learns')


def frame():
    sheet = chain('PixelPadPrompt')
    sheet.box(8, 46, 44, 44, fill=LEARNED)
    sheet.picture(14, 52, 32)
    return note(sheet, 'a frame of pixels learns, around every image')


def patches():
    sheet = chain('PixelPatchPrompt', prompts=True)
    sheet.squares(20, PROMPTS + 5, 2, LEARNED, step=(18, 0))
    sheet.line((48, PROMPTS + 5), (62, PROMPTS + 5), (62, 103))
    travelling(sheet, (0, 1, 2, 3))
    return note(sheet, 'patches of pixels learn, and travel as tokens')


def channels():
    sheet = chain('ChannelPrompt')
    sheet.box(12, 40, 44, 44, fill=LEARNED)
    sheet.picture(8, 46)
    sheet.box(57, 36, 13, 22, fill=LEARNED)
    return note(sheet, 'a channel of the image learns, and weights for it')


DRAWN = dict(
    ShallowPrompt=shallow, DeepPrompt=deep, FourierPrompt=fourier, GatedPrompt=gated, GuidedPrompt=guided,
    PrunedPrompt=pruned, Prototypes=prototypes, AddedPrompt=added, ClsTokenTuning=class_token, PixelPadPrompt=frame,
    PixelPatchPrompt=patches, ChannelPrompt=channels)
