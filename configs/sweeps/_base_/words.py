# The eleven datasets and the three seeds of CoOp.
names = [
    'ImageNet', 'Caltech101', 'OxfordPets', 'StanfordCars', 'OxfordFlowers', 'Food101', 'FGVCAircraft', 'SUN397',
    'DescribableTextures', 'EuroSAT', 'UCF101'
]
tasks = {name: dict(TASK=name) for name in names}
seeds = [1, 2, 3]
del names
