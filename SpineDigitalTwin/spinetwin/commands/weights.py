"""`spinetwin weights`: the networks' weights that other people have published."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from ..errors import ParameterError
from ..jobs.weights import WEIGHTS, Store, size_of, vouch, weights_of
from .common import path_of, progress_bar

if TYPE_CHECKING:
    from .common import Steps


def add(steps: Steps) -> None:
    """Tell the parser about the options."""
    parser = steps.add_parser("weights", help="fetch, import, check and delete the weights of networks")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="what there is, from where, under which licence")
    download = _action(actions, "download", "fetch from where they are published")
    download.add_argument("--yes", action="store_true", help="do not ask; size and licence are accepted")
    download.add_argument("--offline", action="store_true", help="fetch nothing")
    imported = _action(actions, "import", "take a zip archive or a folder that you have")
    imported.add_argument("source", type=path_of, metavar="PATH")
    imported.add_argument("--trust", action="store_true", help="you vouch for it: opening weights can run any program")
    verify = _action(actions, "verify", "compare every file with what it was when it came")
    verify.add_argument("--trust", action="store_true", help="vouch for the files as they are now")
    _action(actions, "remove", "delete")
    own = actions.add_parser("vouch", help="let a TorchScript model of your own run, on your word: it is a program")
    own.add_argument("file", type=path_of, metavar="FILE")
    parser.set_defaults(run=run)


def _action(actions: Steps, name: str, told: str) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=told)
    parser.add_argument("name", choices=tuple(WEIGHTS), metavar="NAME", help=", ".join(WEIGHTS))
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Do what is asked."""
    store = Store()
    if arguments.action == "list":
        return _list(store)
    if arguments.action == "vouch":
        print(f"{vouch(arguments.file)}  {arguments.file}")
        return 0
    name = arguments.name
    if arguments.action == "remove":
        print(f"{name}: deleted" if store.remove(name) else f"{name}: was not there")
    elif arguments.action == "verify":
        for path, digest in (store.trust(name) if arguments.trust else store.verify(name)).items():
            print(f"sha256:{digest}  {path}")
    elif arguments.action == "import":
        with progress_bar("weights", arguments.quiet) as progress:
            store.add(name, arguments.source, progress, trust=arguments.trust)
        print(f"{name}: {store.place(name)}")
    else:
        _download(store, arguments)
    return 0


def _list(store: Store) -> int:
    print(f"Folder: {store.folder}")
    for name, each in WEIGHTS.items():
        contrasts = f" for {', '.join(each.contrasts)}" if each.contrasts else ""
        print(f"{name}: {each.role} model of {each.backend}{contrasts}; {each.size}, licence {each.licence}; {each.url}")
        state = store.state(name)
        print(f"  {state.reason}")
        if state.kind != "missing":
            print(f"  On this computer: {store.size_mb(name):.1f} MB")
    return 0


def _download(store: Store, arguments: argparse.Namespace) -> None:
    each = weights_of(arguments.name)
    if not arguments.offline:
        told = each.size_mb or size_of(each.url, each.hosts)
        print(f"{each.name}: {f'{told:.0f} MB' if told else each.size}, licence {each.licence}, from {each.url}")
        if not arguments.yes and not _agreed():
            raise ParameterError("Nothing was fetched.", "Say yes, or --yes on the command line.")
    with progress_bar("weights", arguments.quiet) as progress:
        store.download(each.name, progress, offline=arguments.offline)
    print(f"{each.name}: {store.place(each.name)}")


def _agreed() -> bool:
    if not sys.stdin.isatty():
        return False
    return input("Fetch it? [y/N] ").strip().lower() in ("y", "yes")
