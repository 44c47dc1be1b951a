"""Where the files that are not code live: samples, lessons, icons, fonts."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
# A wheel carries them inside the package (see pyproject.toml); a checkout keeps them beside it.
_INSTALLED = _PACKAGE / "_resources"
_ROOT = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent / "resources"


def resource(name: str) -> Path:
    """Return the file or folder called `name`, relative to the resources: `resource("icons/play.svg")`."""
    path = _ROOT / name
    if not path.exists():
        raise FileNotFoundError(path)
    return path
