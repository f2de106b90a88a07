"""The pre-flight of a Navi backup: why one is refused whole, what is told of one that is not (DOMAIN §8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from portal.domain.labels import LabelEnum
from portal.domain.navi_backup import Entity
from portal.domain.navi_checks import Sums

MOST_PROBLEMS = 200
"""Problems that are told one by one; of the others, how many there are."""

ROOT_LENGTH, CNPJ_LENGTH = 8, 14
"""The characters of a CNPJ that all establishments of a company share, and how many it has."""


class BackupFault(LabelEnum):
    """Why a backup is refused whole: docs/navi-backup-format.md's reasons, and what may happen to us while reading."""

    TOO_LARGE = "too_large", "O backup passa do tamanho que o portal aceita."
    DAMAGED = "damaged", "O arquivo está danificado ou não é um backup do Navi. Faça o backup de novo."
    FOREIGN_NAMES = (
        "foreign_names",
        "O arquivo não é um backup do Navi: contém arquivos a mais, a menos ou com outro nome.",
    )
    ENCRYPTED = "encrypted", "O arquivo está protegido por senha. Faça o backup de novo, sem senha."
    BOMB = "bomb", "O arquivo foi recusado: descompactado, seria muito maior do que um backup."
    MANIFEST = "manifest", "O manifesto do backup está danificado. Faça o backup de novo."
    NEWER_FORMAT = (
        "newer_format",
        "O backup foi feito por uma versão do Navi mais nova do que o portal conhece. Confira-o direto no Link.",
    )
    CHECKSUM = "checksum", "O conteúdo não confere com o manifesto. Faça o backup de novo."
    TOO_HEAVY = (
        "too_heavy",
        "A conferência passou do limite de tempo ou memória e foi interrompida. O Link ainda pode restaurar este backup.",
    )


class BadBackup(Exception):  # noqa: N818 - an answer, not a fault of ours
    """A backup is refused whole; the file where that was found, and what exactly, where there is more to say."""

    def __init__(self, fault: BackupFault, file: str = "", detail: str = "") -> None:
        """Remember why and where."""
        super().__init__(fault.value, file, detail)
        self.fault, self.file, self.detail = fault, file, detail


class Problem(NamedTuple):
    """Something wrong with a line (counted from 1) at a JSON pointer; the detail is pt-BR."""

    file: str
    line: int
    pointer: str
    detail: str


class Whose(LabelEnum):
    """How the document of a backup compares with the registration's."""

    SAME = "same", "O CPF/CNPJ do backup é o do cadastro."
    ROOT = "root", "O backup é de outro estabelecimento da mesma empresa: só a raiz do CNPJ é a do cadastro."
    OTHER = "other", "O backup é de outro CPF/CNPJ, não o do cadastro."


def whose(document: str, registered: str) -> Whose:
    """Compare documents, both without mask."""
    if document == registered:
        return Whose.SAME
    are_companies = len(document) == len(registered) == CNPJ_LENGTH
    return Whose.ROOT if are_companies and document[:ROOT_LENGTH] == registered[:ROOT_LENGTH] else Whose.OTHER


@dataclass
class Report:
    """What a pre-flight found. A backup that is refused whole has a ``fault``, and nothing of it is believed."""

    fault: BackupFault | None = None
    file: str = ""
    detail: str = ""
    document: str = ""
    name: str = ""
    program: str = ""
    created_at: str = ""
    counts: Mapping[Entity, int] = field(default_factory=dict)
    sums: Sums = field(default_factory=Sums)
    problems: list[Problem] = field(default_factory=list)
    all_problems: int = 0

    @property
    def settled_credits(self) -> int:
        """How many credits were paid in full, and stay in Navi."""
        return self.counts.get(Entity.CREDITS, 0) - self.sums.open_credits

    @property
    def is_sound(self) -> bool:
        """Say whether Link would take every line."""
        return self.fault is None and not self.all_problems

    @property
    def made_at(self) -> datetime | None:
        """When the backup was made."""
        return datetime.fromisoformat(self.created_at) if self.created_at else None

    def as_json(self) -> dict[str, Any]:
        """Return what a column keeps."""
        return {
            "fault": self.fault.value if self.fault else None,
            "counts": {entity.value: rows for entity, rows in self.counts.items()},
            "sums": vars(self.sums),
            "problems": [list(problem) for problem in self.problems],
        } | {name: getattr(self, name) for name in _PLAIN}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Report:
        """Return a report as it was kept."""
        return cls(
            fault=BackupFault.parse(kept["fault"]),
            counts={Entity(name): rows for name, rows in kept["counts"].items()},  # type: ignore[call-arg]
            sums=Sums(**kept["sums"]),
            problems=[Problem(*problem) for problem in kept["problems"]],
            **{name: kept[name] for name in _PLAIN},
        )


_PLAIN = ("file", "detail", "document", "name", "program", "created_at", "all_problems")


class UploadFault(LabelEnum):
    """Why a file is not taken in to be looked through."""

    MISSING = "missing", "Escolha o arquivo do backup."
    EMPTY = "empty", "O arquivo está vazio. Faça o backup de novo."
    TOO_LARGE = "too_large", "O arquivo passa de 50 MB, o que o portal aceita. Restaure-o direto no Link."
    NO_ROOM = "no_room", "Sua revenda já tem 20 backups, ou 1 GB, no portal. Exclua um que não é mais necessário."
