"""Methods whose prompts an image chooses, or that stand among words: a function draws each."""
from scenes import note, towers
from sheet import GREY, LEARNED, SEEN, Sheet


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
    PromptPool=pool, DualPrompt=experts, CodaPrompt=components, ContextPrompt=context,
    ConditionalContext=conditional, DomainContext=domain)
