"""Why a daily job failed, and what the operator does about it (pt-BR), read from the technical line that its run keeps."""

from __future__ import annotations

from collections.abc import Callable

from portal.domain.labels import LabelEnum
from portal.operations.texts import Text


class Failure(LabelEnum):
    """What happened and what to do."""

    INTERRUPTED = "interrupted", Text.INTERRUPTED.label
    NO_SPACE = "no_space", "Faltou espaço em disco. Libere espaço no servidor."
    DATABASE = "database", "O banco de dados não respondeu. Confira se ele está no ar e se nada o mantém bloqueado."
    BACKUP = (
        "backup",
        "A cópia de segurança não foi feita. Confira a pasta das cópias e os programas do banco de dados.",
    )
    FILE = "file", "Um arquivo ou pasta não pôde ser lido ou gravado. Confira se existe e se o portal tem permissão."
    UNKNOWN = "unknown", "Um erro inesperado parou a rotina. Se ele se repetir, envie o detalhe técnico ao suporte."


_SIGNS: tuple[tuple[Failure, Callable[[str], bool]], ...] = (
    (Failure.INTERRUPTED, lambda line: line == Text.INTERRUPTED.label),
    (
        Failure.NO_SPACE,
        lambda line: any(sign in line for sign in ("disk is full", "DiskFull", "No space left", "Disk quota")),
    ),
    (Failure.BACKUP, lambda line: line.startswith("BackupError:")),
    (
        Failure.DATABASE,
        lambda line: line.startswith(("OperationalError:", "InterfaceError:", "TimeoutError: QueuePool")),
    ),
    (
        Failure.FILE,
        lambda line: line.startswith(
            ("OSError:", "PermissionError:", "FileNotFoundError:", "FileExistsError:", "NotADirectoryError:")
        ),
    ),
)
"""The first that fits counts: a full disk shows itself as an error of the database, of the backup or of a file."""


def failure_of(line: str) -> Failure:
    """Return the failure that a technical line ("Type: message") tells of."""
    return next((failure for failure, fits in _SIGNS if fits(line)), Failure.UNKNOWN)
