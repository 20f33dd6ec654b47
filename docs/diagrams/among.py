"""Methods whose prompts are among the tokens, in the image, or among words: a function draws each."""
from scenes import BLOCKS, PROMPTS, TOKENS, chain, note, towers, travelling
from sheet import COMPUTED, GREY, LEARNED, SEEN, Sheet


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


def choosing(title, text):
    """An image asks by its plain feature, and its pass sees what it got."""
    sheet = Sheet(title)
    sheet.picture(8, 78)
    sheet.line((30, 76), (30, 37), (51, 37))
    sheet.box(52, 14, 82, 46, 'backbone,\nplain')
    sheet.line((134, 37), (156, 37))
    sheet.line((54, 122), (363, 122))
    sheet.box(364, 46, 82, 88, 'backbone')
    sheet.line((446, 90), (455, 90))
    sheet.box(456, 68, 44, 44, 'head', fill=LEARNED)
    return note(sheet, text)


def pool():
    sheet = choosing('L2P', 'an image takes the prompts whose keys are nearest')
    for index, chosen in enumerate((0, 1, 0, 1, 0)):
        sheet.square(172 + 17 * index, 28, LEARNED, size=9)
        sheet.square(172 + 17 * index, 46, LEARNED)
        if chosen:
            sheet.line((172 + 17 * index, 54), (172 + 17 * index, 88), (363, 88), arrow=index == 3)
    sheet.write(256, 28, 'keys', anchor='start', colour=GREY)
    sheet.write(256, 46, 'prompts', anchor='start', colour=GREY)
    return sheet


def experts():
    sheet = choosing('DualPrompt', 'general prompts, and the expert whose key is nearest')
    for index in range(3):
        sheet.square(172 + 20 * index, 28, LEARNED, size=9)
        sheet.square(172 + 20 * index, 46, LEARNED)
    sheet.write(228, 37, 'experts of tasks', anchor='start', colour=GREY)
    sheet.line((192, 54), (192, 68), (363, 68))
    sheet.write(300, 78, 'into blocks 3 to 5', size=11, colour=GREY)
    sheet.square(192, 96, LEARNED)
    sheet.write(178, 96, 'general', anchor='end', colour=GREY)
    sheet.line((199, 96), (363, 96))
    sheet.write(300, 106, 'into blocks 1 and 2', size=11, colour=GREY)
    return sheet


def components():
    sheet = choosing('CODA-Prompt', 'components, weighted by how well they fit the image')
    for index, weight in enumerate(('.6', '.1', '.3')):
        sheet.write(174 + 26 * index, 34, weight, size=12)
        sheet.square(174 + 26 * index, 56, LEARNED)
    sheet.write(246, 34, 'weights', anchor='start', colour=GREY)
    sheet.write(200, 78, 'components', colour=GREY)
    sheet.line((233, 56), (270, 56))
    sheet.node(280, 56, 'Σ')
    sheet.line((289, 56), (320, 56), (320, 84), (363, 84))
    return sheet


WORD = [('v', LEARNED)] * 4


def context():
    sheet = towers('CoOp', [*WORD, ('cat', SEEN)])
    return note(sheet, 'vectors learn, in the place of words')


def conditional():
    sheet = towers('CoCoOp', [*WORD, ('cat', SEEN)])
    sheet.box(150, 66, 62, 26, 'network', fill=LEARNED)
    sheet.line((250, 118), (250, 79), (213, 79))
    sheet.line((150, 79), (66, 79), (66, 52))
    sheet.write(80, 66, '+', size=15)
    return note(sheet, "the image moves the words' vectors")


def domain():
    sheet = towers('DAPL', [('v', LEARNED), ('v', LEARNED), ('d', LEARNED), ('d', LEARNED), ('cat', SEEN)])
    sheet.line((67, 70), (67, 52))
    sheet.line((98, 70), (98, 52))
    sheet.write(122, 79, 'of the domain: art or clipart', colour=GREY)
    return note(sheet, 'shared vectors, and some of each domain')


DRAWN = dict(
    ShallowPrompt=shallow, DeepPrompt=deep, FourierPrompt=fourier, GatedPrompt=gated, GuidedPrompt=guided,
    PrunedPrompt=pruned, Prototypes=prototypes, AddedPrompt=added, ClsTokenTuning=class_token, PixelPadPrompt=frame,
    PixelPatchPrompt=patches, ChannelPrompt=channels, PromptPool=pool, DualPrompt=experts, CodaPrompt=components,
    ContextPrompt=context, ConditionalContext=conditional, DomainContext=domain)
