"""What tests make of packages once, and keep outside the tree."""

import fcntl
import hashlib
import os
import pathlib
import shutil
import tempfile


def home(name):
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return pathlib.Path(cache) / f"pyrite-{name}"


def folder(name, key, fill):
    """The folder KEY of $XDG_CACHE_HOME/pyrite-NAME, which `fill` is given to put
    things into where it is not there yet.  Who else asks meanwhile waits for it."""
    path = home(name) / key
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path.parent / f".{key}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            part = pathlib.Path(tempfile.mkdtemp(dir=path.parent))
            try:
                fill(part)
                part.rename(path)
            finally:
                shutil.rmtree(part, ignore_errors=True)
    return path


def of_files(name, files, fill):
    """The same for what is made of the files, and anew where one of them changes."""
    content = hashlib.sha256(b"".join(path.read_bytes() for path in files))
    return folder(name, content.hexdigest()[:16], fill)
