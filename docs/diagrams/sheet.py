"""SVG of a few shapes, in the colours of all diagrams: what is frozen, what learns, and what is computed."""
from xml.sax.saxutils import escape

FROZEN, LEARNED, COMPUTED, SEEN = '#dbe5ee', '#f9c784', '#fdeed6', '#ffffff'
INK, GREY = '#333333', '#8796a5'


class Sheet:
    """A drawing of (width, height) pixels; y grows downwards."""

    def __init__(self, title: str, width: int = 504, height: int = 176) -> None:
        self.title, self.width, self.height = title, width, height
        self.parts: list[str] = []

    def add(self, tag: str, text: str = '', **attributes: object) -> None:
        given = ' '.join(f'{name.replace("_", "-")}="{value}"' for name, value in attributes.items())
        self.parts.append(f'<{tag} {given}>{escape(text)}</{tag}>' if text else f'<{tag} {given}/>')

    def write(self, x: float, y: float, text: str, *, colour: str = INK, size: int = 13,
              anchor: str = 'middle') -> None:
        self.add('text', text, x=x, y=y + round(0.36 * size, 1), fill=colour, font_size=size, text_anchor=anchor)

    def box(self, x: float, y: float, width: float, height: float, text: str = '', *, fill: str = FROZEN) -> None:
        """A box whose upper left corner is (x, y); lines of its text are separated by line breaks."""
        self.add('rect', x=x, y=y, width=width, height=height, rx=4, fill=fill, stroke=INK)
        lines = text.split('\n')
        for row, line in enumerate(lines if text else ()):
            self.write(x + width / 2, y + height / 2 + 15 * (row - (len(lines) - 1) / 2), line)

    def frame(self, x: float, y: float, width: float, height: float) -> None:
        """A dashed box around others."""
        self.add('rect', x=x, y=y, width=width, height=height, rx=8, fill='none', stroke=GREY, stroke_dasharray='4 3')

    def line(self, *points: tuple[float, float], arrow: bool = True, colour: str = INK, dashed: bool = False) -> None:
        extra: dict[str, object] = dict(marker_end='url(#tip)') if arrow else {}
        if dashed:
            extra['stroke_dasharray'] = '4 3'
        self.add('polyline', points=' '.join(f'{x},{y}' for x, y in points), fill='none', stroke=colour, **extra)

    def square(self, x: float, y: float, fill: str = SEEN, size: float = 12) -> None:
        """A token, a prompt or a vector around (x, y)."""
        self.add('rect', x=x - size / 2, y=y - size / 2, width=size, height=size, fill=fill, stroke=INK)

    def squares(self, x: float, y: float, count: int, fill: str = SEEN, *, step: tuple[float, float] = (0, 15)) -> None:
        for index in range(count):
            self.square(x + index * step[0], y + index * step[1], fill)

    def node(self, x: float, y: float, sign: str = '+', *, fill: str = SEEN) -> None:
        """A sum, a product or a gate around (x, y)."""
        self.add('circle', cx=x, cy=y, r=9, fill=fill, stroke=INK)
        self.write(x, y, sign)

    def funnel(self, x: float, y: float, text: str = '', *, between: float = 6) -> None:
        """A bottleneck that begins at (x, y): down to a few channels, and up again."""
        for left, high, low in ((x, 15, 7), (x + 16 + between, 7, 15)):
            corners = ((left, y - high), (left + 16, y - low), (left + 16, y + low), (left, y + high))
            self.add('polygon', points=' '.join(f'{one},{other}' for one, other in corners), fill=LEARNED, stroke=INK)
        if text:
            self.box(x + 16, y - 9, between, 18, text, fill=LEARNED)

    def picture(self, x: float, y: float, size: float = 44) -> None:
        """An image, cut into patches."""
        self.add('rect', x=x, y=y, width=size, height=size, fill=SEEN, stroke=INK)
        for step in (size / 3, 2 * size / 3):
            self.line((x + step, y), (x + step, y + size), arrow=False, colour=GREY)
            self.line((x, y + step), (x + size, y + step), arrow=False, colour=GREY)

    def svg(self) -> str:
        size = f'width="{self.width}" height="{self.height}"'
        return '\n'.join([
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {self.width} {self.height}"',
            '     font-family="DejaVu Sans, Verdana, sans-serif">',
            f'<title>{escape(self.title)}</title>',
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
            f'<path d="M0,0 L8,4 L0,8 z" fill="{INK}"/></marker></defs>',
            f'<rect {size} rx="6" fill="white"/>', *self.parts, '</svg>', ''])
