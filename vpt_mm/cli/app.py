"""vpt-mm app: a page and an HTTP API over many tasks of one backbone."""
import os
import warnings

from .options import at_least
from .task_options import add_backbone_options, build_inferencer


def add_arguments(parser):
    add_backbone_options(parser)
    parser.add_argument('--host', default='127.0.0.1', help='address to listen at')
    parser.add_argument('--port', type=int, default=7860, help='port to listen at')
    parser.add_argument('--auth', metavar='USER:PASSWORD', help='asked for by page and API; needed where others can '
                        'reach the address; by default the variable VPT_MM_AUTH')
    parser.add_argument('--batch-size', type=at_least(1), default=16, help='most images of a pass')
    parser.add_argument('--queue', type=at_least(1), default=256, help='most requests that wait')
    parser.add_argument('--most-upload', type=at_least(1), default=32, metavar='MB', help='of an image')


def run(args):
    from ..apis.app.access import parse_auth, require_password, require_port
    warnings.filterwarnings('ignore', module='mmseg')
    auth = parse_auth(args.auth or os.environ.get('VPT_MM_AUTH'))
    require_password(args.host, auth)
    require_port(args.port)
    from ..apis.app.server import MEGABYTE, build_app, serve  # which need gradio
    app = build_app(build_inferencer(args), auth=auth, most_upload=args.most_upload * MEGABYTE,
                    batch_size=args.batch_size, most_waiting=args.queue)
    serve(app, host=args.host, port=args.port, auth=auth)
