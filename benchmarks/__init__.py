"""Programs for maintainers: benchmarks, the regression gate, model cards, screenshots."""

from recsys import moved_modules as _moved_modules

_moved_modules.install()
