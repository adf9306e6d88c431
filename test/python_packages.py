"""Python packages that tests run against and no Debian has.

They come from the registry once, at the versions named here, and are kept in
$XDG_CACHE_HOME/pyrite-python; nothing of the system's is changed.
"""

import fcntl
import importlib.util
import os
import pathlib
import shutil
import sys
import tempfile

import tools

PACKAGES = {
    # AWS: a server that has EC2 and its tokens, and the library of its own
    # programs, which signs requests.
    "moto": ("moto==5.2.5", "flask==3.1.3", "flask-cors==6.0.5", "boto3==1.44.8",
             "botocore==1.44.8"),
}


def home():
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return pathlib.Path(cache) / "pyrite-python"


def install(wanted, path):
    if importlib.util.find_spec("pip") is None:
        tools.skip("pip is not installed (Debian: python3-pip)")
    part = pathlib.Path(tempfile.mkdtemp(dir=path.parent))
    done = tools.run(sys.executable, "-m", "pip", "install", "--quiet",
                     "--disable-pip-version-check", "--no-compile", "--target", part, *wanted)
    if done.returncode != 0:
        shutil.rmtree(part)
        tools.skip(f"pip cannot install {' '.join(wanted)}:\n{done.stderr}")
    part.rename(path)


def folder(name):
    """The folder to import from."""
    wanted = PACKAGES[name]
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    path = home() / f"{name}-{wanted[0].split('==')[1]}-py{version}"
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path.parent / f".{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            install(wanted, path)
    return path
