"""read_sweep(): the plan of a sweep's file, whichever kind it is."""
import os

from ..config_file import read_config_file
from ..errors import UsageError, require_counts
from .plan import SEEDS, read_plan, require_different_seeds, require_keys, require_kind
from .recipes import Recipe, RecipePlan

KEYS = {'recipes', 'tasks', 'seeds', 'shots', 'environment', 'tests', 'choose', 'options', 'group', 'metric'}


def read_sweep(file, **changes):
    """The plan of a sweep's file: a search over protocols, or recipes.

    Args:
        file: a Python config with the entries of :class:`~vpt_mm.sweep.plan.Plan` or :class:`RecipePlan`.
        changes: as :func:`~vpt_mm.sweep.plan.read_plan` takes them; recipes are named by ``protocols``.

    Raises:
        UsageError: no sweep there, an unknown entry, a missing one, or one of another kind.
    """
    entries = read_config_file(file).to_dict() if os.path.isfile(file) else {}
    return _recipes(file, entries, **changes) if 'recipes' in entries else read_plan(file, **changes)


def _recipes(file, entries, *, tasks=None, protocols=None, seeds=None, **others):
    given = [name for name, value in others.items() if value is not None]
    if given:
        raise UsageError(f'{file} is a sweep over recipes, which take no {given[0]}: their configs say it.')
    require_keys(file, entries, known=KEYS, needed={'recipes', 'tasks'})
    require_kind(dict, file, entries, 'recipes', 'tasks', 'environment', 'tests', 'options')
    require_kind((list, tuple), file, entries, 'seeds', 'shots')
    recipes = {name: _recipe(name, one) for name, one in entries['recipes'].items()}
    shots, seeds = list(entries.get('shots') or [None]), list(seeds or entries.get('seeds') or SEEDS)
    for count in shots if shots != [None] else ():
        require_counts(shots=count)
    require_different_seeds(seeds)
    plan = RecipePlan(
        recipes=list(_chosen(recipes, protocols, 'recipes').values()), tasks=_chosen(entries['tasks'], tasks, 'tasks'),
        seeds=seeds, shots=shots,
        **{key: entries[key] for key in ('environment', 'tests', 'choose', 'options', 'group', 'metric')
           if key in entries})
    if not plan.recipes or not plan.tasks:
        raise UsageError('a sweep needs recipes and tasks, got none.')
    _check_search(file, plan, known=entries['tasks'])
    return plan


def _check_search(file, plan, *, known):
    for recipe in plan.recipes:
        unknown = sorted(set(recipe.tasks or ()) - set(known))
        if unknown:
            raise UsageError(f"recipe {recipe.name}: the sweep has the tasks {', '.join(known)}, got {unknown[0]}.")
    searched = [recipe.name for recipe in plan.recipes if len(recipe.points) > 1]
    if searched and plan.choose not in plan.tests:
        raise UsageError(f"{file}: recipe {searched[0]} has a grid, so choose must be one of tests "
                         f"({', '.join(plan.tests) or 'none'}), got {plan.choose!r}.")


def _recipe(name, given):
    require_kind(dict, 'recipes', {name: given}, name)
    require_kind(dict, f'recipe {name}', given, 'environment', 'options', 'grid')
    require_kind((list, tuple), f'recipe {name}', given, 'tasks')
    require_keys(f'recipe {name}', given, known={'config', 'environment', 'options', 'grid', 'tasks'},
                 needed={'config'})
    if not os.path.isfile(given['config']):
        raise UsageError(f"recipe {name}: no config file at {given['config']}.")
    grid = given.get('grid') or {}
    require_kind((list, tuple), f'recipe {name}, grid', grid, *grid)
    for axis, values in grid.items():
        if not values or axis in ('SEED', 'SHOTS'):
            raise UsageError(f'recipe {name}: a grid has values of names in the environment, but of SEED and SHOTS, '
                             f'got {axis}={values}.')
    return Recipe(name, os.path.relpath(given['config']), given.get('environment') or {}, given.get('options') or {},
                  grid, given.get('tasks'))


def _chosen(known, names, what):
    """Those entries of a dict that are named; all where none is."""
    unknown = sorted(set(names or ()) - set(known))
    if unknown:
        raise UsageError(f"the sweep has the {what} {', '.join(known)}, got {unknown[0]}.")
    return {name: one for name, one in known.items() if names is None or name in names}
