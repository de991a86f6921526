"""Folders that tell by their lock whether their process lives."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from contracts.snapshot.folders import LockedFolder, lock_abandoned, remove_abandoned


def make_in(parent: Path, *, then: Callable[[Path], object] = lambda _: None) -> Callable[[], Path]:
    """Makes folders with numbers for names; calls ``then`` with the first, before anybody can lock it."""
    made: list[Path] = []

    def make() -> Path:
        made.append(parent / str(len(made)))
        made[-1].mkdir()
        if len(made) == 1:
            then(made[0])
        return made[-1]

    return make


def test_a_held_folder_is_not_removed_and_a_released_one_is_gone(tmp_path: Path) -> None:
    folder = LockedFolder(make_in(tmp_path))
    remove_abandoned(folder.path)
    assert folder.path.is_dir()
    folder.remove()
    assert not folder.path.exists()


def test_a_folder_that_is_swept_before_it_is_locked_is_made_again(tmp_path: Path) -> None:
    folder = LockedFolder(make_in(tmp_path, then=remove_abandoned))
    assert (folder.path.name, folder.path.is_dir()) == ("1", True)
    folder.remove()


def test_a_folder_that_is_being_swept_while_it_is_locked_is_made_again(tmp_path: Path) -> None:
    """The lock that is waited for is then that of a deleted file."""
    taken, made = threading.Event(), threading.Event()

    def sweep_slowly(folder: Path) -> None:
        with lock_abandoned(folder) as dead:
            assert dead
            taken.set()
            made.wait(0.3)  # the maker waits for the lock meanwhile
            (folder / ".lock").unlink()
            folder.rmdir()

    def begin(folder: Path) -> None:
        threading.Thread(target=sweep_slowly, args=[folder]).start()
        taken.wait()

    folder = LockedFolder(make_in(tmp_path, then=begin))
    assert (folder.path.name, folder.path.is_dir()) == ("1", True)
    folder.remove()


def test_only_one_takes_a_left_folder(tmp_path: Path) -> None:
    (tmp_path / "left").mkdir()
    with lock_abandoned(tmp_path / "left") as first, lock_abandoned(tmp_path / "left") as second:
        assert (first, second) == (True, False)


def test_what_is_no_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    remove_abandoned(tmp_path / "file")
    remove_abandoned(tmp_path / "nothing")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
