"""Structured tasks in three dimensions: count, distance and azimuth. Images (64, 64, 3)."""
import numpy as np

from .camera import Camera, lamp
from .colours import neutralise

FEWEST = 3                              # objects of the class 0 of CLEVR's count (Johnson et al. 2017), 3..10
REACH, SIZES = 3, (0.35, 0.7)           # CLEVR's: objects lie within 3 of the middle, and have one of two radii
NEAREST = (0, 6.7, 7.3, 7.9, 8.6, 99)   # limits of the classes of distance, in the unit of REACH
VIEWS = 18                              # azimuths, 20 degrees apart, as in smallNORB (LeCun et al. 2004)


def count(label, *, part, rng):
    """How many objects lie on the ground: 3 to 10, as in CLEVR."""
    return _scene(_lay(FEWEST + label, rng=rng), _clevr_camera(rng=rng), rng=rng)


def distance(label, *, part, rng):
    """How far from the camera the nearest object is, in five classes."""
    camera = _clevr_camera(rng=rng)
    while True:
        objects = _lay(rng.integers(1, 6), rng=rng)
        nearest = min(camera.distance_to(centre) for centre, _ in objects)
        if NEAREST[label] <= nearest < NEAREST[label + 1]:
            return _scene(objects, camera, rng=rng)


def _clevr_camera(*, rng):
    return Camera(distance=9, elevation=rng.uniform(0.45, 0.6), azimuth=rng.uniform(0, 2 * np.pi),
                  focus=rng.uniform(0.95, 1.05), ground=rng.uniform(90, 190, 3), light=lamp(rng=rng))


def _lay(number, *, rng):
    """Objects on the ground that do not touch: [(centre, radius), ...]."""
    objects = []
    for _ in range(200):
        radius = SIZES[rng.integers(2)]
        away, around = REACH * np.sqrt(rng.random()), rng.uniform(0, 2 * np.pi)
        centre = np.array([away * np.cos(around), away * np.sin(around), radius])
        if all(np.hypot(*(centre - other)[:2]) > 1.3 * (radius + width) for other, width in objects):
            objects.append((centre, radius))
        if len(objects) == number:
            return objects
    return _lay(number, rng=rng)


def _scene(objects, camera, *, rng):
    for centre, radius in sorted(objects, key=lambda item: -camera.distance_to(item[0])):
        colour, kind = rng.uniform(20, 255, 3), rng.integers(3)
        if kind == 0:
            camera.ball(centre, radius, colour)
        elif kind == 1:
            camera.drum(centre, radius, colour)
        else:
            side = 2 * radius * 0.85
            turn = rng.uniform(0, np.pi / 2)
            back = np.array([[np.cos(turn), np.sin(turn), 0], [-np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
            camera.boxes([(back @ centre, [side] * 3, colour)], turn)
    return neutralise(camera.picture(), rng=rng)


def azimuth(label, *, part, rng):
    """From where a chair, a car or a plane is seen, in steps of 20 degrees."""
    camera = Camera(distance=6, elevation=np.radians(30 + 5 * rng.integers(9)), azimuth=0., focus=rng.uniform(1.5, 2),
                    ground=rng.uniform(90, 190, 3), light=lamp(rng=rng))
    colours = rng.uniform(20, 255, (2, 3))
    solid = SOLIDS[rng.integers(len(SOLIDS))]
    camera.boxes([(np.array(centre), np.array(sides) * rng.uniform(0.9, 1.1, 3), colours[paint])
                  for centre, sides, paint in solid], turn=2 * np.pi * label / VIEWS)
    return neutralise(camera.picture(), rng=rng)


# Boxes (centre, sides, which colour) whose front looks along x, within a ball of radius 1.5.
SOLIDS = (
    [((0, 0, 0), (1.2, 1.2, .2), 0), ((-.5, 0, .7), (.2, 1.2, 1.2), 1)]
    + [((x, y, -.5), (.2, .2, .8), 0) for x in (-.45, .45) for y in (-.45, .45)],
    [((0, 0, -.2), (2.2, 1., .5), 0), ((-.4, 0, .3), (1.1, .9, .5), 1)],
    [((0, 0, 0), (2.4, .4, .4), 0), ((.3, 0, .05), (.6, 2.4, .12), 1), ((-1, 0, .1), (.4, 1., .1), 1),
     ((-1.05, 0, .4), (.3, .1, .6), 0)])
