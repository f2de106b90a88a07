"""The model's bills: who is renewed, what money does that arrives at any time (DOMAIN §5)."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

from tests.money_machine import calendar_and_prices as by_hand
from tests.money_machine.license import License, Refused
from tests.money_machine.model import Bill, Debt, Line, Model


class Money(Model):
    """The same partner, with the steps that money makes."""

    def decide(self, client: int, decision: str) -> None:
        one = self.clients[client]
        one.decided[one.due] = decision

    def decision(self, one: License) -> str:
        """Return what was decided or holds by default: renew; Suspenso later; a guarded Navi not (R17)."""
        default = "later" if one.status(self.today) == "suspended" else "renew"
        return one.decided.get(one.due, "skip" if self.is_guarded(one) else default)

    def is_guarded(self, one: License) -> bool:
        links = [
            other.status(self.today) in {"active", "suspended"}
            for other in self.clients
            if (other.product, other.shop) == ("link", one.shop) and not other.is_archived
        ]
        return one.product == "navi" and not one.uses_both and any(links)

    def blocker(self, client: int, *, is_own_account: bool = False) -> str | None:
        """Return what keeps a client off an invoice today."""
        one = self.clients[client]
        if not one.lives(self.today):
            return "status"
        if self.asks(self.invoices, client):
            return "invoiced"
        if self.asks(self.retail, client) and not is_own_account:
            return "retail_charge"
        if self.owed(client):
            return "open_charges"
        return None if one.can_renew(self.today) else "not_yet"

    def bill_month(self, month: date, credit: int) -> None:
        lines = [
            self._renewal(number)
            for number, one in enumerate(self.clients)
            if not one.is_archived and one.method == "manual" and by_hand.month_of(one.due) == by_hand.month_of(month)
            if self.decision(one) == "renew" and self.blocker(number) is None
        ]
        self._bill(lines, credit, "renewal")

    def bill_client(self, client: int, credit: int) -> None:
        if self.clients[client].is_archived:
            raise Refused("NothingSelected")
        if why := self.blocker(client, is_own_account=True):
            raise Refused(f"RenewalBlocked {why}")
        self._bill([self._renewal(client)], credit, "renewal")

    def bill_debts(self, clients: list[int], credit: int) -> None:
        asked = {line.debt for bill in self.open_bills() for line in bill.lines}
        lines = [
            Line(debt.client, debt.cents, debt=number)
            for number, debt in enumerate(self.debts)
            if debt.state == "open" and debt.client in clients and number not in asked
        ]
        self._bill(lines, credit, "additions")

    def _renewal(self, client: int) -> Line:
        one = self.clients[client]
        return Line(client, one.renewal_cents(self.today), one.due, one.next_due)

    def _bill(self, lines: list[Line], credit: int, kind: str) -> None:
        if not lines:
            raise Refused("NothingSelected")
        total = sum(line.cents for line in lines)
        used = min(credit, total)
        if used > self.credit:
            raise Refused("CreditShort")
        bill = Bill(lines, total - used, self.today, credit=used, kind=kind)
        self.invoices.append(bill)
        if used:
            self.ledger.append(("redemption", -used))
        if not bill.total:
            self._settle(bill, self.today)

    def cancel(self, invoice: int) -> None:
        bill = self.invoices[invoice]
        if bill.state == "paid":
            raise Refused("InvoiceClosed")
        if bill.state == "open":
            self._cancel(bill)

    def _cancel(self, bill: Bill) -> None:
        bill.state = "cancelled"
        given = [("returned", bill.credit), ("partial", bill.received)]
        self.ledger += [(kind, cents) for kind, cents in given if cents]

    def night(self) -> None:
        """Cancel what nobody can pay any more: bills for the dues of a month that is over; then issue retail charges.

        A retail charge whose client was renewed meanwhile stays: its end client still owes it.
        """
        for bill in self.invoices:
            dues = [line.due for line in bill.lines if line.due]
            if bill.state == "open" and dues and all(self._is_over(due) for due in dues):
                self._cancel(bill)
        for number, bill in enumerate(self.retail):
            due = bill.lines[0].due
            if due and self._is_over(due) and self.clients[bill.lines[0].client].due <= due:
                self.cancel_retail(number)
        self._issue_all()

    def _is_over(self, due: date) -> bool:
        return by_hand.month_of(due) < by_hand.month_of(self.today)

    def pay(self, invoice: int, cents: int, paid_on: date) -> None:
        self._receive(self.invoices[invoice], cents, paid_on)

    def pay_retail(self, charge: int, cents: int, paid_on: date) -> None:
        self._receive(self.retail[charge], cents, paid_on)

    def give_back(self, payment: int, cents: int) -> None:
        """The bank takes money back: its lines owe it again, each in proportion; what moved stays moved."""
        bill, is_returned = self.payments[payment]
        if is_returned:
            return
        self.payments[payment] = bill, True
        weights = [line.cents for line in bill.lines] if bill.kind != "retail" else [1]
        for line, share in zip(bill.lines, in_proportion(cents, weights), strict=True):
            if share:
                self.debts.append(Debt(line.client, share, self.clients[line.client].due, {}))

    def pay_again(self) -> None:
        """The last confirmation once more: it counted."""

    def bill_again(self) -> None:
        """The last form once more: it was done."""

    def _receive(self, bill: Bill, cents: int, paid_on: date) -> None:
        """Money that arrives is never refused."""
        self.arrived += cents
        self.payments.append((bill, False))
        if bill.state != "open":
            self.ledger.append(("late", cents))
            return
        bill.received += cents
        if bill.received < bill.total:
            return
        self._settle(bill, paid_on)
        if bill.received > bill.total:
            self.ledger.append(("excess", bill.received - bill.total))

    def _settle(self, bill: Bill, paid_on: date) -> None:
        bill.state = "paid"
        if bill.kind == "retail":
            self._settle_retail(bill, paid_on)
            return
        for line in bill.lines:
            line.outcome = "moved" if self._move(line, paid_on) else "credited"
            if line.outcome == "credited":
                self.ledger.append(("not_renewed", line.cents))

    def _move(self, line: Line, paid_on: date) -> bool:
        """Renew the line's client, or pay its debt, where that is still to be done."""
        one = self.clients[line.client]
        if line.debt is not None:
            was, self.debts[line.debt].state = self.debts[line.debt].state, "paid"
            return was == "open"
        if not one.lives(paid_on) or one.due != line.due:
            return False
        one.renew()
        return True

    def _settle_retail(self, bill: Bill, paid_on: date) -> None:
        [line] = bill.lines
        one = self.clients[line.client]
        if self._move(line, paid_on):
            line.outcome = "moved"
            if bill.total > line.cents:
                self.ledger.append(("margin", bill.total - line.cents))
            return
        is_renewed = line.due is not None and not one.is_archived and one.due > line.due
        self.ledger.append(("retail" if is_renewed else "not_renewed", bill.total))

    def price(self, client: int, margin: int) -> None:
        """Set the retail price of the base license; every other item is billed at cost."""
        one = self.clients[client]
        one.retail_base = by_hand.price(one.product, "base", self.today) + margin

    def issue(self, client: int) -> None:
        """Bill the end client for the coming cycle because somebody asks for it."""
        if self.standing_retail(client):
            return
        if why := self.hindrance(client):
            raise Refused(f"ChargeHindered {why}")
        self._issue(client)

    def _issue(self, client: int) -> None:
        line, one = self._renewal(client), self.clients[client]
        margin = one.renewal_units().get("base", 0) * self._margin(one)
        self.retail.append(Bill([line], line.cents + margin, self.today, kind="retail"))

    def _margin(self, one: License) -> int:
        cost = by_hand.price(one.product, "base", self.today)
        return (cost if one.retail_base is None else one.retail_base) - cost

    def standing_retail(self, client: int) -> bool:
        """Say whether this due date has a retail charge, paid or not; a cancelled one is none."""
        due = self.clients[client].due
        return any(
            (bill.lines[0].client, bill.lines[0].due) == (client, due) and bill.state != "cancelled"
            for bill in self.retail
        )

    def hindrance(self, client: int) -> str | None:
        """Return what keeps anybody from issuing a charge (DOMAIN §5, R13)."""
        one = self.clients[client]
        why = self.blocker(client)
        if why in {"status", "invoiced"}:
            return why
        if self._margin(one) < 0 and one.renewal_units().get("base"):
            return "below_cost"
        return why

    def _issue_all(self) -> None:
        """Issue what a night issues: nothing for a guarded Navi, for whom is not to be renewed, or after a cancelled one."""
        for client, one in enumerate(self.clients):
            made = any((bill.lines[0].client, bill.lines[0].due) == (client, one.due) for bill in self.retail)
            is_wanted = one.decided.get(one.due) != "skip" and not self.is_guarded(one) and not one.is_archived
            if one.method == "billing" and is_wanted and not made and self.hindrance(client) is None:
                self._issue(client)

    def cancel_retail(self, charge: int) -> None:
        bill = self.retail[charge]
        if bill.state == "open":
            bill.state = "cancelled"
            if bill.received:
                self.ledger.append(("partial", bill.received))

    def release(self, client: int) -> None:
        """Let an Expirado client's program run for some days, once for each due date, within its month."""
        one = self._allowed(client, "expired")
        if one.is_suspended:
            raise Refused("ReleaseRefused suspended")
        if one.released and one.released[0] == one.due:
            raise Refused("ReleaseRefused used")
        last = self.today + timedelta(days=by_hand.RELEASE_DAYS - 1)
        one.released = one.due, min(last, by_hand.last_of(one.due))

    def may_run(self, one: License) -> bool:
        """Whether the program runs: Ativo, or Expirado and released for this very due date."""
        if one.status(self.today) != "expired" or one.is_suspended:
            return one.status(self.today) == "active"
        return one.released is not None and one.released[0] == one.due and self.today <= one.released[1]

    @property
    def accounted(self) -> int:
        """Where the money is that arrived: what moved something, credit (kept or reserved), and what is held."""
        moved = sum(
            line.cents for bill in [*self.invoices, *self.retail] for line in bill.lines if line.outcome == "moved"
        )
        held = sum(bill.received + bill.credit for bill in self.open_bills())
        return moved + held + self.credit


def in_proportion(cents: int, weights: list[int]) -> list[int]:
    """Share cents out by weight; a cent that is left goes to whoever lost most by rounding down, of equals to the first."""
    whole = sum(weights)
    exact = [Fraction(cents * weight, whole) for weight in weights]
    shares = [int(share) for share in exact]
    while sum(shares) < cents:
        lost = [share - given for share, given in zip(exact, shares, strict=True)]
        shares[lost.index(max(lost))] += 1
    return shares
