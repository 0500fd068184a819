"""Taking files out of an archive or a folder that anybody may have made, into a folder of ours and nowhere else."""

from __future__ import annotations

import os
import shutil
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from ...errors import ReadError, WriteError
from ...io.atomic import write_error

Progress = Callable[[float, str], None]

_MOST_FILES = 5000
_LARGEST = 20_000_000_000
_DENSEST = 50.0
"""Weights hardly get smaller by packing; what grows more than this is a trap."""
_PIECE = 1 << 20
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, UnicodeDecodeError, RuntimeError)


def unpack(archive: Path, target: Path, progress: Progress, holds: str = "*") -> None:
    """Unpack a zip archive.

    Parameters
    ----------
    archive : Path
    target : Path
        A folder, made here.
    progress : callable
    holds : str
        A file that must be in it, with ``*`` for any part of a name; a folder around it all is taken away.

    Raises
    ------
    ReadError
        If it is damaged or no zip archive, holds names that lead elsewhere, links, encrypted files, or much more than its size
        can hold.
    WriteError
        If the disk is full.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            files = [each for each in opened.infolist() if not each.is_dir()]
            _refuse_traps(archive, files)
            names = _inside(archive, [each.filename for each in files], holds)
            total = max(1, sum(each.file_size for each in files))
            _refuse_full_disk(target.parent, total)
            done = 0
            for each, name in zip(files, names, strict=True):
                progress(done / total, f"unpacking {name.name}")
                _write(opened, each, target / name)
                done += each.file_size
    except _DAMAGED as error:
        raise ReadError(f"{archive.name} is damaged or no zip archive: {error}.", "Get it again.") from error
    progress(1.0, "unpacked")


def copy_folder(source: Path, target: Path, progress: Progress, holds: str = "*") -> None:
    """Copy the files of a folder; links in it are refused, for nobody can say what they will lead to.

    Raises
    ------
    ReadError, WriteError
        If there is nothing, a link or something that is no file, or the disk is full.
    """
    paths = sorted(source.rglob("*"))
    strange = next((each for each in paths if each.is_symlink() or not (each.is_file() or each.is_dir())), None)
    if strange is not None:
        raise ReadError(f"{strange} is a link or no file.", "Replace it by the file itself.")
    files = [each for each in paths if each.is_file()]
    names = _inside(source, [each.relative_to(source).as_posix() for each in files], holds)
    total = max(1, sum(each.stat().st_size for each in files))
    _refuse_full_disk(target.parent, total)
    done = 0
    for path, name in zip(files, names, strict=True):
        progress(done / total, f"copying {name.name}")
        try:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target / name)
        except OSError as error:
            raise write_error(target / name, error) from error
        done += path.stat().st_size
    progress(1.0, "copied")


def _inside(source: Path, names: Iterable[str], holds: str) -> list[PurePosixPath]:
    """Return the names as paths below a folder, without a folder that is around them all."""
    paths = [PurePosixPath(name.replace("\\", "/")) for name in names]
    if not paths:
        raise ReadError(f"{source.name} holds no file.", "Is it the right one?")
    for path in paths:
        if path.is_absolute() or ".." in path.parts or any(":" in part or "\0" in part for part in path.parts):
            raise ReadError(f"{source.name} holds a file whose name leads out of its folder: {path}.", "Do not use it.")
    if len({str(path).casefold() for path in paths}) < len(paths):
        raise ReadError(f"{source.name} holds two files of one name.", "Do not use it.")
    bare = [PurePosixPath(*path.parts[1:]) for path in paths]
    nested = len({path.parts[0] for path in paths}) == 1 and all(path.parts for path in bare)
    found = next((each for each in (paths, bare if nested else []) if any(_is_like(path, holds) for path in each)), None)
    if found is None:
        raise ReadError(f"{source.name} holds no {holds}: it is something else.", "Is it the right one?")
    return found


def _is_like(path: PurePosixPath, pattern: str) -> bool:
    """Say whether a path has the parts of a pattern, one by one."""
    wanted = pattern.split("/")
    return len(wanted) == len(path.parts) and all(map(fnmatchcase, path.parts, wanted))


def _refuse_traps(archive: Path, files: list[zipfile.ZipInfo]) -> None:
    if len(files) > _MOST_FILES:
        raise ReadError(f"{archive.name} holds {len(files)} files; weights have far fewer.", "Do not use it.")
    for each in files:
        kind = stat.S_IFMT(each.external_attr >> 16)
        if kind not in (0, stat.S_IFREG):
            raise ReadError(f"{archive.name} holds a link or a device: {each.filename}.", "Do not use it.")
        if each.flag_bits & 1:
            raise ReadError(f"{each.filename} in {archive.name} is encrypted.", "Unpack it yourself and import the folder.")
    total = sum(each.file_size for each in files)
    if total > _LARGEST or total > _DENSEST * max(archive.stat().st_size, 1):
        raise ReadError(f"{archive.name} would grow to {total / 1e6:.0f} MB; weights do not.", "Do not use it.")


def _write(opened: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> None:
    """Unpack one file, and no more of it than it says it has."""
    left = member.file_size
    with opened.open(member) as packed:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                while piece := packed.read(_PIECE):
                    left -= len(piece)
                    if left < 0:
                        raise zipfile.BadZipFile(f"{member.filename} is longer than it says")
                    file.write(piece)
        except OSError as error:
            raise write_error(path, error) from error


def _refuse_full_disk(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise WriteError(f"{needed / 1e6:.0f} MB are needed in {os.fspath(folder)}, and {free / 1e6:.0f} MB are free.")
