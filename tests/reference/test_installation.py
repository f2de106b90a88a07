"""What an installation makes of the portal's answers, and of none."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reference.installation import NotActivated
from reference.license import NotAccepted
from reference.wire import Refused, Unreachable
from tests.reference.shop import CODE, Shop
from tests.reference.signing import signed

# activation


def test_an_activation_whose_answer_was_lost_is_sent_again_as_the_same(shop: Shop) -> None:
    for code in (CODE, "X" * 16, CODE.lower().replace("-", " ")):
        with pytest.raises(Unreachable):
            shop.activate(code)
    first, other, again = (told["request"] for told in shop.portal.told)
    assert first == again != other
    assert again in shop.portal.on_disk["requests"].values(), "written down before it is sent"
    shop.portal.says = [{"state": "activated", "key": "KEY"} | shop.licensed()]
    shop.activate()
    assert (shop.program.state.key, shop.program.state.requests) == ("KEY", {})


def test_a_refusal_for_the_license_keeps_the_request_whose_code_may_be_used(shop: Shop) -> None:
    shop.portal.says = [Unreachable(), Refused("suspended", "Acesso suspenso.")]
    for expected in (Unreachable, Refused, Unreachable):
        with pytest.raises(expected):
            shop.activate()
    assert len({told["request"] for told in shop.portal.told}) == 1


def test_a_navi_asks_until_its_partner_answers_and_anew_after_a_no(shop: Shop) -> None:
    waiting = {"state": "waiting", "number": "123-456"}
    shop.portal.says = [waiting, waiting, Refused("pairing_refused", "Não autorizado."), waiting]
    for expected in (NotActivated, NotActivated, Refused, NotActivated):
        with pytest.raises(expected):
            shop.activate("", "navi")
    first, second, third, after_the_no = (told["request"] for told in shop.portal.told)
    assert first == second == third != after_the_no
    assert "code" not in shop.portal.told[0]


def test_a_key_is_kept_though_the_clock_lets_its_license_not_be_believed(shop: Shop) -> None:
    fresh = shop.licensed()
    shop.now -= timedelta(hours=1)
    shop.portal.says = [{"state": "activated", "key": "KEY"} | fresh]
    with pytest.raises(NotAccepted, match="atrasado"):
        shop.activate()
    shop.now += timedelta(hours=1)
    shop.portal.says = [shop.licensed()]
    assert shop.program.start()[0].client == "Padaria Pão Quente"


# checking in


def test_without_a_line_the_license_is_enough_and_later_days_count(active: Shop) -> None:
    active.now += timedelta(days=10)
    running, remark = active.program.start()
    assert (running.items_on(active.program.today)["waiter"], remark) == (2, "Sem conexão com o portal.")
    active.now += timedelta(days=5)
    with pytest.raises(NotAccepted, match="terminou"):
        active.program.start()


@pytest.mark.parametrize("reason", ["suspended", "expired", "inactive", "pending", "device_removed"])
def test_a_license_that_rests_stops_the_program_until_a_good_check_in(active: Shop, reason: str) -> None:
    active.portal.says = [Refused(reason, "Fale com seu parceiro.")]
    for _ in ("told", "offline"):
        with pytest.raises(Refused, match="Fale com"):
            active.program.start()
    active.portal.says = [active.licensed()]
    assert active.program.start()[1] == ""
    assert active.program.state.refusal is None


@pytest.mark.parametrize("reason", ["key_unknown", "key_replaced", "other_device"])
def test_a_key_that_is_no_good_any_more_is_forgotten_but_not_why(active: Shop, reason: str) -> None:
    active.portal.says = [Refused(reason, "Ative de novo.")]
    for _ in ("told", "offline"):
        with pytest.raises(NotActivated, match="Ative de novo"):
            active.program.start()
    assert len(active.portal.told) == 1


@pytest.mark.parametrize("said", [Refused("malformed", "Atualize."), Refused("of_tomorrow", "?"), Unreachable(30)])
def test_any_other_no_stops_nothing(active: Shop, said: Exception) -> None:
    active.portal.says = [said]
    assert active.program.start()[1] == str(said)
    assert active.program.state.refusal is None


def test_it_checks_in_when_due_and_waits_as_long_as_it_is_asked_to(active: Shop) -> None:
    assert not active.program.is_check_in_due
    active.now += timedelta(hours=6)
    assert active.program.is_check_in_due
    active.portal.says = [Unreachable(30)]
    active.program.start()
    assert not active.program.is_check_in_due
    active.now += timedelta(seconds=30)
    assert active.program.is_check_in_due


def test_a_fresh_license_heals_a_clock_that_once_ran_ahead(active: Shop) -> None:
    active.now += timedelta(days=14)
    active.program.start()
    active.now -= timedelta(days=13)
    with pytest.raises(NotAccepted, match="atrasado"):
        active.program.start()
    active.portal.says = [active.licensed()]
    active.program.start()
    active.now += timedelta(hours=1)
    active.program.start()


def test_a_license_that_is_not_the_portals_leaves_the_old_one(active: Shop) -> None:
    active.portal.says = [active.licensed() | {"license": signed(device="another")}, active.licensed(exp=1)]
    assert active.program.start()[1] == "Esta licença pertence a outro aparelho."
    assert active.program.start()[1].startswith("A licença terminou em")


def test_backups_are_reported_until_the_portal_has_heard_of_them(active: Shop) -> None:
    active.portal.says = [active.licensed() | {"backups": [{"id": 7}]}, Unreachable(), active.licensed()]
    assert active.program.check_in() == [7]
    with pytest.raises(Unreachable):
        active.program.check_in()
    active.program.check_in("disco cheio")
    active.portal.says = [active.licensed()]
    active.program.check_in()
    assert [[backup["id"] for backup in told["backups"]] for told in active.portal.told] == [[], [7], [7], []]
    assert [told["cloud"]["health"] for told in active.portal.told] == ["ok", "ok", "error", "ok"]
