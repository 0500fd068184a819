"""An environment made without a network: a wheel made by hand lends it the packages of the Python that runs the tests."""

import sysconfig
from dataclasses import replace

from handmade_wheels import make_wheel
from spinetwin.jobs.environments import ENVIRONMENTS

SLOW = "slow"
"""A package that takes for ever to be imported."""


def write_wheels(folder):
    """Write the wheels that `lent` asks for."""
    folder.mkdir(exist_ok=True)
    # a file of this kind in an environment names a folder to import from
    make_wheel(folder, "lender", "1.0", {"lender.pth": sysconfig.get_path("purelib") + "\n"})
    make_wheel(folder, SLOW, "1.0", {f"{SLOW}.py": "import time\ntime.sleep(600)\n"})
    return folder


def lent(name, *more):
    """Return the requirements of an environment, with its packages lent and more packages beside."""
    pins = tuple(f"{each}==1.0" for each in more)
    imports = (*ENVIRONMENTS[name].imports, *more)
    return replace(
        ENVIRONMENTS[name],
        first=("lender==1.0",),
        then=("lender==1.0", *pins),
        constraints=(),
        imports=imports,
        disk_mb=1.0,
    )
