"""Python packages that tests run against and no Debian has.

They come from the registry once, at the versions named here, and are kept in
$XDG_CACHE_HOME/pyrite-python; nothing of the system's is changed.
"""

import importlib.util
import sys

import cached
import tools

PACKAGES = {
    # AWS: a server that has EC2 and its tokens, and the library of its own
    # programs, which signs requests.
    "moto": ("moto==5.2.5", "flask==3.1.3", "flask-cors==6.0.5", "boto3==1.44.8",
             "botocore==1.44.8"),
    # A server of profiles, and what makes them.
    "pypprof": ("pypprof==0.0.1", "mprofile==0.0.15", "zprofile==1.0.13",
                "protobuf==3.20.3", "six==1.17.0", "setuptools==65.5.0"),
}


def install(wanted, path):
    if importlib.util.find_spec("pip") is None:
        tools.skip("pip is not installed (Debian: python3-pip)")
    done = tools.run(sys.executable, "-m", "pip", "install", "--quiet",
                     "--disable-pip-version-check", "--no-compile", "--target", path, *wanted)
    if done.returncode != 0:
        tools.skip(f"pip cannot install {' '.join(wanted)}:\n{done.stderr}")


def folder(name):
    """The folder to import from."""
    wanted = PACKAGES[name]
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    key = f"{name}-{wanted[0].split('==')[1]}-py{version}"
    return cached.folder("python", key, lambda part: install(wanted, part))
