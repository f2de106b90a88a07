"""What the commands about prices say (pt-BR)."""

from __future__ import annotations

from portal.domain.labels import LabelEnum


class Text(LabelEnum):
    """A sentence in the terminal."""

    UNREADABLE = "unreadable", "O arquivo não é um texto em UTF-8."
    HEADING = "heading", "A primeira linha tem de ser: product;item;price"
    LINE = "line", "Linha {line}: {flaw}"
    COLUMNS = "columns", "são três colunas, product;item;price."
    UNKNOWN_PRODUCT = "unknown_product", "não há o produto “{value}”. Há: {known}."
    UNKNOWN_ITEM = "unknown_item", "não há o item “{value}”. Há: {known}."
    NOT_OFFERED = "not_offered", "{product} não oferece {item}."
    TWICE = "twice", "este preço já está em outra linha."
    NO_PRICE = "no_price", "“{value}” não é um preço de 0,00 a 3.999,99. Exemplo: 99,90"
    MISSING = "missing", "Falta o preço de {product};{item}."
    PAST = "past", "Já há uma tabela que vale em {day}: uma nova só pode valer de hoje ({today}) em diante."
    REFUSED = "refused", "Nada foi gravado."
    LOADED = "loaded", "Tabela {version} gravada: vale de {day} em diante."
    VERSION = "version", "Tabela {version}, de {day} em diante{mark}"
    CURRENT = "current", " (em vigor)"
    SCHEDULED = "scheduled", "Tabela {version} agendada: vale de {day} em diante."
    WITHDRAWN = "withdrawn", "Tabela {version} retirada. Ninguém foi cobrado por ela."
    BEGUN = "begun", "Nada foi gravado: essa tabela já começou a valer, ou alguém já a retirou."
    WITHHELD = "withheld", "{item} ({product}) não é mais oferecido. Quem já tem continua com ele."
    OFFERED = "offered", "{item} ({product}) voltou a ser oferecido."
    SAME = "same", "Já estava assim: {item} ({product})."
    NONE = "none", "Nenhuma tabela de preços vale hoje. Carregue uma: flask --app app prices load ARQUIVO --from DATA"
