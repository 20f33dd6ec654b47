"""vpt-mm data: what lies in a folder, and a config that trains on it."""
from ..errors import UsageError
from .options import above, at_least, print_table, waiting


def add_arguments(parser):
    parser.add_argument('folder', help='images of your own, in whatever layout they are: see docs/data.md')
    parser.add_argument('--out', metavar='PATH', help='folder for lists, masks, picture and config; by default '
                        'NAME_vpt in the working directory')
    parser.add_argument('--layout', metavar='NAME', help='the layout, where several fit: cityscapes, coco, labelme, '
                        'label_studio, cvat, voc, yolo, masks, table, list or class_folders')
    parser.add_argument('--classes', metavar='A,B,C', help='names of the classes in the order of their numbers')
    parser.add_argument('--colours', metavar='FILE', help='colour table of the masks: name,red,green,blue a line')
    parser.add_argument('--image-column', metavar='NAME', help='column of a table that names the images')
    parser.add_argument('--label-column', metavar='NAME', help='column of a table that names the classes')
    parser.add_argument('--val-share', type=above(0), default=0.2, metavar='SHARE',
                        help='share held out for validation where the folder is not split')
    parser.add_argument('--seed', type=at_least(0), default=0, help='of what is drawn by chance')
    parser.add_argument('--shots', type=at_least(1), metavar='COUNT', help='train on so many images a class alone')
    parser.add_argument('--look-only', action='store_true', help='say what is there and write nothing')


def run(args):
    from ..datasets.found import look, split, write
    from ..datasets.found.report import data_table, next_steps
    columns = {name: given for name, given in dict(image=args.image_column, label=args.label_column).items() if given}
    classes = [name.strip() for name in args.classes.split(',')] if args.classes else None
    found = look(args.folder, layout=args.layout, classes=classes, colours=args.colours, columns=columns)
    split(found, share=args.val_share, seed=args.seed)
    print_table(data_table(found))
    for note in found.notes:
        print(note)
    if not args.look_only:
        from ..engine.preflight import check_written
        from ..visualise.samples import draw_samples
        config = write(found, args.out, shots=args.shots, seed=args.seed)
        try:
            with waiting('looking at the files as training will read them'):
                check_written(config)
        except UsageError:
            config.unlink()  # so that the command can be given again when that is mended
            raise
        draw_samples(found, config.parent / 'samples.png')
        print(next_steps(config))
