"""with_names(): a config in pure Python, whose types are classes, as one in which they are names."""
from types import FunctionType

from mmengine import registry as registries
from mmengine.config import Config
from mmengine.config.lazy import LazyAttr, LazyObject
from mmengine.registry import MODELS, Registry
from mmengine.utils import get_object_from_string

from .errors import UsageError

ROOTS = [root for root in vars(registries).values() if isinstance(root, Registry)]
ROOT = 'mmengine'  # the scope of those
NAMED_BARE = 'mmcv.ops.'  # whose users look their names up in this package themselves
LIBRARIES = ('mmengine', 'mmcv', 'mmpretrain', 'mmseg', 'mmdet', 'torch', 'torchvision', 'builtins')


def is_lazy(path):
    """Whether a config file is in pure Python: classes in place of names, `read_base` in place of `_base_`."""
    return str(path).endswith('.py') and Config._is_lazy_import(str(path))


def with_names(config):
    """A config in pure Python as mmengine's ``Config`` of text: with the registered names of its classes.

    Where it has no default scope, it gets that of the library of its model, and modules outside of OpenMMLab's become
    ``custom_imports``.

    Raises:
        UsageError: an object that has no name, other than a class in place of a ``type``.
    """
    entries = {key: value for key, value in config._to_lazy_dict().items() if not _is_object(value)}
    scope = entries.get('default_scope') or _library_of(entries.get('model'))
    modules: set[str] = set()
    named = {key: _named(value, key, scope or ROOT, modules) for key, value in entries.items()}
    if scope:
        named['default_scope'] = scope
    if modules:
        given = (named.get('custom_imports') or {}).get('imports') or []
        given = [given] if isinstance(given, str) else list(given)
        named['custom_imports'] = dict(imports=[*given, *sorted(modules - set(given))], allow_failed_imports=False)
    return Config(named, filename=config.filename)


def _is_object(value):
    return isinstance(value, (LazyObject, LazyAttr, type, FunctionType))


def _library_of(model):
    """The library that a model's class is of, or inherits one of; None for no class or library."""
    kind = model.get('type') if isinstance(model, dict) else None
    kind = kind.build() if isinstance(kind, (LazyObject, LazyAttr)) else kind
    homes = [one.__module__.partition('.')[0] for one in getattr(kind, '__mro__', ())]
    return next((home for home in homes if home in MODELS.children), None)


def _named(value, place, scope, modules):
    if isinstance(value, dict):
        return {key: _named(one, f'{place}.{key}', scope, modules) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_named(one, f'{place}.{number}', scope, modules) for number, one in enumerate(value))
    if not _is_object(value):
        return value
    found = value.build() if isinstance(value, (LazyObject, LazyAttr)) else value
    name = _name_of(found, scope) or (_path_of(found) if place.endswith('.type') else None)
    if name is None:
        raise UsageError(f'{place} of this config in pure Python is {value}, which has no name: a config of names is '
                         'made of it here, so write one yourself, with names in place of classes.')
    home = found.__module__.partition('.')[0]
    if home not in LIBRARIES:
        modules.add(home if home == 'vpt_mm' else found.__module__)
    return name


def _name_of(found, scope):
    """The name by which the registries find a class in a scope; None where it is in none of them."""
    known = [(registry, name) for root in ROOTS for registry in _with_children(root)
             for name, one in registry.module_dict.items() if one is found]
    for registry, name in sorted(known, key=lambda one: (scope, ROOT, one[0].scope).index(one[0].scope)):
        if registry.scope in (scope, ROOT):
            with registry.root.switch_scope_and_registry(scope) as own:
                if own.get(name) is found:
                    return name
        return f'{registry.scope}.{name}'
    return None


def _with_children(registry):
    yield registry
    for child in registry.children.values():
        yield from _with_children(child)


def _path_of(found):
    """The path by which mmengine imports a class that nothing has registered."""
    if found.__module__.startswith(NAMED_BARE):
        return found.__name__
    path = f'{found.__module__}.{found.__qualname__}'
    return path if get_object_from_string(path) is found else None
