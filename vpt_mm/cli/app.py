"""vpt-mm app: a page and an HTTP API over many tasks of one backbone."""
import os
import warnings

from .options import above, at_least
from .task_options import add_backbone_options, build_inferencer


def add_arguments(parser):
    add_backbone_options(parser)
    parser.add_argument('--host', default='127.0.0.1', help='address to listen at')
    parser.add_argument('--port', type=int, default=7860, help='port to listen at')
    parser.add_argument('--auth', metavar='USER:PASSWORD', help='asked for by page and API; needed where others can '
                        'reach the address; by default the variable VPT_MM_AUTH')
    parser.add_argument('--name', nargs='+', default=[], dest='names', metavar='NAME',
                        help='names or addresses by which others ask for this machine; requests for others are refused')
    parser.add_argument('--allow-adding', action='store_true', help='let clients add tasks')
    parser.add_argument('--most-seconds', type=above(0), default=10, metavar='SECONDS',
                        help='that one image may keep the backbone busy')
    parser.add_argument('--batch-size', type=at_least(1), default=16, help='most images of a pass')
    parser.add_argument('--queue', type=at_least(1), default=256, help='most requests that wait')
    parser.add_argument('--most-upload', type=at_least(1), default=32, metavar='MB', help='of an image or task file')


def run(args):
    from ..apis.app.access import names_of, parse_auth, require_password, require_port
    warnings.filterwarnings('ignore', module='mmseg')
    auth = parse_auth(args.auth or os.environ.get('VPT_MM_AUTH'))
    require_password(args.host, auth)
    require_port(args.port)
    names = names_of(args.host, args.names)
    from ..apis.app.server import MEGABYTE, build_app, serve  # which need the extra
    app = build_app(build_inferencer(args), auth=auth, names=names, adding=args.allow_adding,
                    most_upload=args.most_upload * MEGABYTE, batch_size=args.batch_size, most_waiting=args.queue,
                    most_seconds=args.most_seconds)
    serve(app, host=args.host, port=args.port)
