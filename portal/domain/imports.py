"""Spreadsheets of clients to import: limits, why a file is refused, its columns and how they are recognised.

Each row becomes a contract like any other new client (DOMAIN R6, R7); only the vendor names existing due dates. The
portal's "Importação" menu (DOMAIN §9) is another thing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from portal.domain.catalogue import Item
from portal.domain.errors import Refusal
from portal.domain.labels import LabelEnum
from portal.domain.search import fold

MOST_BYTES = 2 * 1024 * 1024
MOST_ROWS = 5_000
MOST_ROWS_A_DAY = 20_000
"""Rows that one partner may try in 24 hours: a trial tells which documents would become Pendente, and shall not serve to
find out whose clients others are (decided here; the vendor's own uploads do not count)."""

MOST_COLUMNS = 50
MOST_CELL = 10_000
"""Signs of one cell; one that is longer is no cell of a list of clients (an open quote swallows the rest of a file)."""

KEPT_CELL = 300
"""Signs kept of a cell: more than any field takes, so that the field's own limit still says no."""

MOST_SIGNS = 4_000_000
"""Signs of a whole sheet: a small .xlsx may repeat one long text for ever."""

DUE_PAST, DUE_AHEAD = timedelta(days=730), timedelta(days=62)
"""How far an existing due date may lie from today: what is older is no client any more; more than a cycle ahead of the
coming one has nobody paid (decided here)."""

EXAMPLE = "EXEMPLO (linha ignorada)"
"""How a row begins that only shows how to fill in the template."""


class ImportState(LabelEnum):
    """How far an import is."""

    UPLOADED = "uploaded", "Aguardando colunas"
    CHECKED = "checked", "Conferida"
    CONFIRMED = "confirmed", "Importando"
    FINISHED = "finished", "Importada"
    UNDONE = "undone", "Desfeita"


class Verdict(LabelEnum):
    """What importing a row comes to, as far as can be told beforehand."""

    READY = "ready", "Pronta"
    PENDING = "pending", "Ficará Pendente"
    BAD = "bad", "Com erro"


class FileFault(LabelEnum):
    """Why a whole file is refused."""

    TOO_LARGE = "too_large", "O arquivo passa de 2 MB. Divida-o em arquivos menores."
    EMPTY = "empty", "O arquivo não tem linhas de clientes: a primeira linha são os títulos, os clientes vêm abaixo."
    TOO_MANY_ROWS = "too_many_rows", "O arquivo passa de 5.000 clientes. Divida-o em arquivos menores."
    TOO_MANY_COLUMNS = "too_many_columns", "O arquivo passa de 50 colunas. Deixe só as que serão importadas."
    CELL_TOO_LONG = "cell_too_long", "Uma célula tem mais de 10.000 caracteres. Se for CSV, confira se as aspas fecham."
    TOO_MUCH_TEXT = "too_much_text", "O arquivo tem texto demais para uma lista de clientes."
    NOT_A_SHEET = "not_a_sheet", "O arquivo não é CSV nem XLSX. Salve a planilha em um destes formatos."
    OLD_FORMAT = "old_format", "O arquivo é um .xls antigo ou tem senha. Salve-o como .xlsx, sem senha."
    ACTIVE = "active", "A planilha tem macros, objetos ou vínculos com outros arquivos. Salve-a como .xlsx sem eles."
    BOMB = "bomb", "O arquivo se expande muito além do tamanho de uma lista de clientes."
    DAMAGED = "damaged", "O arquivo está danificado e não pôde ser lido. Salve-o de novo e repita."
    TOO_HEAVY = "too_heavy", "A leitura do arquivo passou do limite de tempo ou memória. Copie só os dados para outro."
    TOO_MANY_TODAY = "too_many_today", "Já foram enviadas 20.000 linhas em 24 horas. Envie o restante amanhã."
    BUSY = "busy", "O portal já está lendo outras planilhas. Envie de novo em alguns segundos."


class FileRefused(Refusal):
    """A file cannot be imported, and why; nothing of it is kept."""

    def __init__(self, fault: FileFault) -> None:
        """Remember why."""
        super().__init__(fault.value)
        self.fault = fault


class Column(LabelEnum):
    """What a column of the sheet may hold, by its title in the template."""

    NAME = "name", "Nome"
    DOCUMENT = "document", "CPF/CNPJ"
    PRODUCT = "product", "Produto"
    UF = "uf", "UF"
    CITY = "city", "Cidade"
    EMAIL = "email", "E-mail"
    PHONE = "phone", "Telefone"
    METHOD = "method", "Renovação"
    BASE = "base", "Licenças"
    CLOUD = "cloud", "Cloud"
    PAYMENT_ORDER = "payment_order", "Ordem de Pagamento"
    INTEGRATED_PAYMENT = "integrated_payment", "Pagamento Integrado"
    SELF_SERVICE = "self_service", "Link Autoatendimento"
    WAITER = "waiter", "Link Garçom"
    MOBILE = "mobile", "Link Móvel"
    DUE_ON = "due_on", "Vencimento"


REQUIRED = (Column.NAME, Column.DOCUMENT, Column.PRODUCT, Column.UF, Column.CITY)
ITEM_OF: dict[Column, Item] = {
    Column.BASE: Item.BASE,
    Column.CLOUD: Item.CLOUD,
    Column.PAYMENT_ORDER: Item.PAYMENT_ORDER,
    Column.INTEGRATED_PAYMENT: Item.INTEGRATED_PAYMENT,
    Column.SELF_SERVICE: Item.SELF_SERVICE,
    Column.WAITER: Item.WAITER,
    Column.MOBILE: Item.MOBILE,
}
"""Which columns are quantities; TEF has a menu of its own (DOMAIN §4)."""

SYNONYMS: dict[Column, tuple[str, ...]] = {
    Column.NAME: ("nome da empresa", "razao social", "nome fantasia", "fantasia", "cliente", "empresa"),
    Column.DOCUMENT: ("cnpj", "cpf", "cpf cnpj", "cnpj cpf", "documento", "cpf ou cnpj", "cnpj ou cpf"),
    Column.PRODUCT: ("programa", "sistema"),
    Column.UF: ("estado", "sigla do estado"),
    Column.CITY: ("municipio",),
    Column.EMAIL: ("email", "correio eletronico"),
    Column.PHONE: ("fone", "celular", "whatsapp", "contato", "tel"),
    Column.METHOD: ("renovacao de licenca", "forma de renovacao", "metodo de renovacao"),
    Column.BASE: ("licenca", "quantidade", "quantidade de licencas", "qtd", "qtde"),
    Column.CLOUD: ("nuvem",),
    Column.PAYMENT_ORDER: ("ordem pagamento",),
    Column.INTEGRATED_PAYMENT: ("pagamentos integrados",),
    Column.SELF_SERVICE: ("autoatendimento", "auto atendimento", "link auto atendimento"),
    Column.WAITER: ("garcom",),
    Column.MOBILE: ("movel", "mobile"),
    Column.DUE_ON: ("data de vencimento", "vence em", "validade"),
}

ColumnMap = Mapping[Column, int]
"""Which place of a row holds what; a column that is not there is left out of every row."""


def columns(*, has_due_dates: bool) -> tuple[Column, ...]:
    """Return what a sheet may hold; existing due dates are the vendor's to import only."""
    return tuple(column for column in Column if has_due_dates or column is not Column.DUE_ON)


def required(*, has_due_dates: bool) -> tuple[Column, ...]:
    """Return what a sheet must hold."""
    return (*REQUIRED, Column.DUE_ON) if has_due_dates else REQUIRED


def guess(titles: Sequence[str], *, has_due_dates: bool) -> dict[Column, int]:
    """Return which title means which column, whatever accents, case and signs; each title serves once, the first wins."""
    plain, found = [_plain(title) for title in titles], dict[Column, int]()
    for names in (lambda column: (column.label,), lambda column: SYNONYMS[column]):
        for column in columns(has_due_dates=has_due_dates):
            wanted = {_plain(name) for name in names(column)}
            free = (place for place, title in enumerate(plain) if title in wanted and place not in found.values())
            if column not in found and (place := next(free, None)) is not None:
                found[column] = place
    return found


def _plain(title: str) -> str:
    """Return a title without accents, case and signs: "CPF / CNPJ *" is "cpf cnpj"."""
    return " ".join("".join(sign if sign.isalnum() else " " for sign in fold(title)).split())


def missing(places: ColumnMap, *, has_due_dates: bool) -> list[Column]:
    """Return which columns a mapping still lacks."""
    return [column for column in required(has_due_dates=has_due_dates) if column not in places]


def is_example(cells: Sequence[str]) -> bool:
    """Say whether a row only shows how to fill in the template."""
    return any(fold(cell).startswith(fold(EXAMPLE)) for cell in cells)
