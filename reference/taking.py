"""A Navi backup is taken over: asked for, fetched, shown, confirmed, restored. What is refused changes nothing."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from reference import download, restore
from reference.backup import Backup, BadBackup, open_backup
from reference.place import FILE, LINK, Place
from reference.screen import ENTITIES, document
from reference.wire import Refused


def ask(place: Place) -> None:
    """Ask which backup; what was fetched of another one is dropped."""
    place.screen.choose("Restaurar um backup do", ("Navi Vendas",))
    typed = place.screen.ask("Arquivo do backup, ou o Link de Download")
    if typed:
        secret = download.secret_of(typed)
        download.forget(place.folder)
        place.save(taking={LINK: secret} if secret else {FILE: str(Path(typed).expanduser().absolute())})


def take(place: Place) -> None:
    """Take over the backup that was chosen, or say why not.

    Raises:
        Unreachable: the download is put off; the next call goes on with it.
    """
    try:
        with _opened(_fetched(place)) as backup:
            _restore(place, backup)
    except (BadBackup, OSError) as why:
        place.screen.say(f"O backup não foi restaurado. {why}")
    except Refused as why:
        place.screen.say(str(why))
    drop(place)


def drop(place: Place) -> None:
    """Forget which backup was chosen."""
    place.save(taking={})
    download.forget(place.folder)


def other_shop(theirs: str, own: str) -> str:
    """Return why a backup is not for this shop."""
    return f"O backup é de {document(theirs)}, e não de {document(own)}."


def _fetched(place: Place) -> Path:
    taking = place.main.state.taking
    if FILE in taking:
        return Path(taking[FILE])

    def tell(done: int, total: int) -> None:
        place.screen.progress("Download", done, total)

    return download.download(place.main.portal, taking[LINK], place.folder, tell=tell)


def _opened(file: Path) -> Backup:
    try:
        return open_backup(file)
    except OSError as error:
        raise OSError(f"Não foi possível ler {file}.") from error


def _restore(place: Place, backup: Backup) -> None:
    screen, made_at = place.screen, datetime.fromisoformat(backup.manifest["created_at"])
    screen.say(f"Backup de {backup.manifest['name']}, {document(backup.document)}, feito em {made_at:%d/%m/%Y %H:%M}:")
    screen.table(backup.counts)
    screen.say("Notas fiscais não são migradas. De crediários, migram os que estão em aberto.")
    if place.main.state.key and backup.document != (own := place.own_document()):
        raise Refused("other_document", other_shop(backup.document, own))
    if not screen.confirm("Restaurar este backup?"):
        return

    def tell(entity: str, done: int, total: int) -> None:
        screen.progress(ENTITIES[entity], done, total)

    found = restore.restore(backup, place.staged, now=place.main.now, tell=tell)
    place.save(link=place.main.state.taking.get(LINK, ""), taking={})
    screen.say("Backup restaurado:")
    place.show(found)
    screen.press("Ok")
