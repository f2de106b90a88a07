"""The form that sends a backup in."""

from __future__ import annotations

import re
from typing import Any, BinaryIO

from flask_wtf.file import FileField
from werkzeug.datastructures import FileStorage
from wtforms import ValidationError

from portal.domain.preflight import UploadFault
from portal.forms import KeyForm
from portal.navi_migration.uploads import Upload


class BackupForm(KeyForm):
    """A backup's ZIP."""

    backup = FileField("Arquivo do backup (ZIP, até 50 MB)")

    def validate_backup(self, field: Any) -> None:
        """Ask for a file."""
        if not isinstance(field.data, FileStorage) or not field.data.filename:
            raise ValidationError(UploadFault.MISSING.label)

    @property
    def upload(self) -> Upload:
        """What was sent, its name without the folders that some browsers send along."""
        data: FileStorage = self.backup.data
        name = re.split(r"[\\/]", str(data.filename))[-1][-120:].replace("\x00", "")
        stream: BinaryIO = data.stream  # type: ignore[assignment]
        return Upload(str(self.key.data), name, stream)
