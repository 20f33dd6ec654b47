"""A pinhole camera that looks at the middle of a ground plane, and boxes, balls and drums before it."""
import cv2
import numpy as np

from .colours import SIZE

FINE = 2   # times finer than the image, the grid that is drawn on
AMBIENT = 0.35
# The faces of a box, as corners of (x, y, z) in binary, and the normals of the faces.
FACES = np.array([[1, 3, 7, 5], [0, 4, 6, 2], [2, 6, 7, 3], [0, 1, 5, 4], [4, 5, 7, 6], [0, 2, 3, 1]])
NORMALS = np.array([[0, 0, 1.], [0, 0, -1], [0, 1, 0], [0, -1, 0], [1, 0, 0], [-1, 0, 0]])
ANGLES = np.linspace(0, 2 * np.pi, 20, endpoint=False)
RIM, SIDES = (np.stack([np.cos(t), np.sin(t), 0 * t], 1) for t in (ANGLES, ANGLES - ANGLES[1] / 2))  # of a drum
CORNERS = np.array([[i >> 2 & 1, i >> 1 & 1, i & 1] for i in range(8)]) - 0.5


class Camera:
    """Draws on a canvas, from the far to the near.

    Args:
        distance: from the middle of the scene.
        elevation: above the ground, radians.
        azimuth: around the vertical, radians.
        focus: focal length, of the side of the image.
        ground: RGB of the canvas.
        light: direction to the lamp, a unit vector in the world.
    """

    def __init__(self, *, distance, elevation, azimuth, focus, ground, light):
        ahead = -np.array([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth),
                           np.sin(elevation)])
        right = np.array([-np.sin(azimuth), np.cos(azimuth), 0.])
        self.place = -distance * ahead
        self.axes = np.stack([right, np.cross(ahead, right), ahead])  # rows: right, down, ahead
        self.focus, self.light = focus * SIZE * FINE, light
        self.canvas = np.tile(np.asarray(ground, np.float32), (SIZE * FINE, SIZE * FINE, 1))

    def project(self, points):
        """World (..., 3) to pixels (..., 2) of the canvas, x to the right and y down."""
        seen = (points - self.place) @ self.axes.T
        return self.focus * seen[..., :2] / seen[..., 2:] + SIZE * FINE / 2

    def distance_to(self, points):
        return np.sqrt(((points - self.place) ** 2).sum(-1))

    def fill(self, points, colours):
        """Polygons (N, corners, 3), the far ones first, in N colours."""
        for polygon, colour in zip(self.project(points).round().astype(np.int32), colours):
            cv2.fillConvexPoly(self.canvas, polygon, colour, cv2.LINE_8)

    def shade(self, normals, colours):
        """Colours (N, 3) of faces with these normals (N, 3), as a list."""
        light = AMBIENT + (1 - AMBIENT) * np.maximum(0, normals @ self.light)
        return (light[:, None] * colours).tolist()

    def boxes(self, boxes, turn=0.):
        """Boxes ``[(centre, sides, colour), ...]`` of one body, turned around the vertical by ``turn``."""
        rotation = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
        centres, sides, colours = (np.array(part) for part in zip(*boxes))
        corners = (CORNERS * sides[:, None] + centres[:, None]) @ rotation.T  # (boxes, 8, 3)
        self.faces(corners[:, FACES].reshape(-1, 4, 3), np.tile(NORMALS @ rotation.T, (len(boxes), 1)),
                   colours.repeat(len(FACES), 0))

    def faces(self, points, normals, colours):
        """Polygons (N, corners, 3) with normals (N, 3) and colours (N, 3), as far as they look at the camera."""
        middles = points.mean(1)
        distances = self.distance_to(middles)
        order = np.argsort(-distances)
        order = order[((middles - self.place) * normals).sum(1)[order] < 0]
        self.fill(points[order], self.shade(normals[order], colours[order]))

    def ball(self, centre, radius, colour):
        x, y = self.project(centre)
        r = self.focus * radius / self.distance_to(centre)
        top, left = max(0, int(y - r)), max(0, int(x - r))
        v, u = np.mgrid[top:min(len(self.canvas), int(y + r) + 2), left:min(len(self.canvas), int(x + r) + 2)]
        u, v = (u - x) / r, (v - y) / r
        toward = np.sqrt(np.maximum(0, 1 - u ** 2 - v ** 2))
        lamp = self.axes @ self.light
        light = AMBIENT + (1 - AMBIENT) * np.maximum(0, u * lamp[0] + v * lamp[1] - toward * lamp[2])
        inside = u ** 2 + v ** 2 <= 1
        patch = self.canvas[top:top + u.shape[0], left:left + u.shape[1]]
        patch[inside] = (light[..., None] * colour)[inside]

    def drum(self, centre, radius, colour):
        """A cylinder that stands on one end, as high as it is wide."""
        low, high = centre + radius * (RIM - [0, 0, 1]), centre + radius * (RIM + [0, 0, 1])
        sides = np.stack([np.roll(low, 1, 0), low, high, np.roll(high, 1, 0)], 1)
        self.faces(sides, SIDES, np.tile(colour, (len(sides), 1)))
        self.fill(high[None], self.shade(NORMALS[:1], colour))

    def picture(self):
        return cv2.resize(self.canvas, (SIZE, SIZE), interpolation=cv2.INTER_AREA)


def lamp(*, rng):
    """A direction to a lamp above the scene: a unit vector."""
    azimuth, elevation = rng.uniform(0, 2 * np.pi), rng.uniform(0.6, 1.2)
    return np.array([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)])
