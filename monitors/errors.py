"""The errors of what watches for people, in the tree of the task machine."""

from __future__ import annotations

from data_processing.errors import TaskError


class TooManySaved(TaskError):
    """The owner has as many saved searches, groups of names, monitors or receivers as one may have."""

    code = "too-many-saved"


class AlreadyWatched(TaskError):
    """The saved search has a monitor already."""

    code = "already-watched"


class SignsNothing(TaskError):
    """The receiver's channel has no secrets that could be replaced."""

    code = "signs-nothing"
