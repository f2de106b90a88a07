"""The people of a shop that begins with Link: the partner, who gives their word to the portal, and the users."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from reference import shop, taking
from reference.place import Place
from reference.shop import Role
from reference.wire import Refused

SETUP = "setup"
"""What the portal is owed until it knows that users were made."""

AGAIN = {"credentials_refused", "code_needed", "second_step_owed", "malformed"}
"""Refusals after which other credentials may do."""

ROLES = {Role.ADMIN: "Administrador", Role.MANAGER: "Gerente", Role.CASHIER: "Caixa"}
MOST_NAME = 60


def ask_partner(place: Place) -> None:
    """Ask for the partner's credentials, which are sent and forgotten; for the code of a second step once the portal wants it.

    What is kept is the portal's word that they were right, which counts for some minutes.
    """
    screen, told = place.screen, dict[str, Any]()
    screen.say("Credenciais do parceiro")
    while not place.main.state.grant:
        told |= {"email": screen.ask("E-mail"), "password": screen.ask_secret("Senha")}
        if "code" in told:
            told["code"] = screen.ask_secret("Código da verificação em duas etapas")
        try:
            answer = place.main.call("/grants", told, "grant", "expires_at", "user")
        except Refused as why:
            if why.reason not in AGAIN:
                raise
            screen.say(str(why))
            if why.reason == "code_needed":
                told["code"] = ""
            continue
        place.save(grant={"grant": answer["grant"], "expires_at": answer["expires_at"]})
        screen.say(f"Credenciais de {answer['user']} conferidas.")


def set_up(place: Place) -> None:
    """Have the data looked over, make the users, and tell the portal how many; a word that aged is asked for anew."""
    with shop.opened(place.shop) as own:
        count = len(own.users())
    if not count and not _is_reviewed(place):
        return
    count = count or _make_users(place)
    grant = place.main.state.grant or {}
    try:
        if datetime.fromisoformat(grant["expires_at"]) > place.main.now:
            place.main.call("/setups", {"grant": grant["grant"], "users": count})
            place.paid(SETUP)
    except Refused as why:
        if why.reason != "grant_refused":
            raise
        place.screen.say(str(why))
    place.save(grant=None)


def _is_reviewed(place: Place) -> bool:
    """Show what was restored; where something is wrong with it, another backup may take its place."""
    found = place.restored(place.shop)
    if found is None:
        return True
    place.screen.say("Confira os dados restaurados")
    place.show(found)
    if place.screen.confirm("Está tudo certo?"):
        return True
    taking.ask(place)
    return False


def _make_users(place: Place) -> int:
    """Ask for the shop's users and make them all at once; returns how many."""
    screen, made = place.screen, dict[str, tuple[str, Role]]()
    screen.say("Crie os usuários do Link")
    while (name := screen.ask("Nome (vazio para terminar)")) or not made:
        if not 0 < len(name) <= MOST_NAME or name.casefold() in made:
            screen.say(f"Informe um nome de até {MOST_NAME} letras que ainda não exista.")
            continue
        role = list(ROLES)[screen.choose("Função", tuple(ROLES.values()))]
        made[name.casefold()] = name, role
    with shop.opened(place.shop) as own:
        own.add_users(made.values(), place.main.now)
    return len(made)
