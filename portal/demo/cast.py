"""The clients of the small demo: one sketch for every case that somebody may want to see, and some to fill the pages."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from portal.demo import names
from portal.demo.bundles import BUNDLES, Bundle, bundle
from portal.domain.catalogue import Item, Product, RenewalMethod
from portal.domain.codes import SendingWay
from portal.domain.statuses import Status

CPF, LETTERS = "cpf", "letters"
"""Instead of a document: make a CPF, make a CNPJ that holds letters."""
TWIN_DOCUMENT = "20304050000170"
"""Held by a Navi and a Link registration of Alfa (DOMAIN R17): in the middle of its migration."""
MIGRATED_DOCUMENT = "30405060000155"
"""Held by two more, whose migration is over: the Navi has lapsed."""
DISPUTED_DOCUMENT = "10203040000194"
"""Registered by Beta, and tried by Alfa with the same product: Pendente (DOMAIN §1)."""
LONGEST_NAME = (
    "Associação dos Produtores Rurais e Comerciantes de Hortifrutigranjeiros, Laticínios, Pães e Conservas Artesanais "
    "da Microrregião de São João d'Aliança"
)


PLAIN = bundle()


@dataclass(frozen=True)
class Sketch:
    """What is special about a client; everything else is made up around it.

    ``due_in`` counts days from today. ``unused_for`` is the age in days of a code that nobody has used yet;
    ``reissued_for`` that of a second code, for the new computer of an activated client; ``sent_by`` tells how the unused
    ones were handed on. ``added`` are units of the bundle that were ordered in the last cycle, ``dropped`` those that are
    gone in the next; what was ordered is paid unless the client ``owes``. ``registered_for`` is how many days ago it registered, where that matters. ``is_full`` has every seat taken. ``was_suspended``, ``was_hidden`` and
    ``was_edited`` put such a thing into the history.
    """

    name: str
    status: Status = Status.ACTIVE
    product: Product = Product.LINK
    document: str = ""
    bundle: Bundle = PLAIN
    method: RenewalMethod = RenewalMethod.MANUAL
    due_in: int | None = None
    registered_for: int | None = None
    unused_for: int | None = None
    reissued_for: int | None = None
    idle_mobiles: int = 0
    sent_by: SendingWay | None = None
    added: Bundle = ()
    dropped: Bundle = ()
    owes: bool = False
    reason: str = ""
    notes: str = ""
    is_full: bool = False
    is_suspended_too: bool = False
    was_suspended: bool = False
    was_hidden: bool = False
    was_edited: bool = False

    @property
    def has_ordered(self) -> bool:
        """Whether the client changed its license in its last cycle."""
        return bool(self.added or self.dropped)


_S, _NAVI, _BILLING = Status, Product.NAVI, RenewalMethod.BILLING
_RESTAURANT = bundle(base=2, cloud=1, waiter=4, mobile=2, payment_order=1)

ALFA_CAST = (
    Sketch("Padaria Pão Quente Ltda", due_in=0, bundle=bundle(base=2, cloud=1, waiter=3), was_edited=True,
           dropped=((Item.WAITER, 1),)),
    Sketch("Mercadinho Bom Jesus", product=_NAVI, due_in=0, method=_BILLING),
    Sketch("Restaurante Sant'Anna & Filhos", due_in=3, bundle=_RESTAURANT, idle_mobiles=1, added=((Item.WAITER, 1),), owes=True,
           notes="Quatro garçons no salão, aos domingos seis. O tablet novo ainda vai chegar."),
    Sketch("Mercearia do Zé Antônio", product=_NAVI, due_in=3, bundle=bundle(cloud=1),
           added=((Item.CLOUD, 1),)),
    Sketch("D'Ávila Autopeças e Serviços Ltda", due_in=7, method=_BILLING, was_suspended=True),
    Sketch("Hamburgueria 2 Irmãos", due_in=7, bundle=bundle(base=2, self_service=2, integrated_payment=1, cloud=1),
           added=((Item.SELF_SERVICE, 1),), dropped=((Item.INTEGRATED_PAYMENT, 1),)),
    Sketch("Açougue Olho d'Água", document="12ABC34501DE35", notes="Primeiro cliente com CNPJ alfanumérico."),
    Sketch("Temakeria Nakamura & Müller", document=LETTERS, bundle=bundle(cloud=1, waiter=2), is_full=True),
    Sketch("Pet Shop Arara-Azul", document=LETTERS, product=_NAVI, method=_BILLING),
    Sketch("João Batista de Araújo", document=CPF, notes="MEI, feira da Vila. Atende só pela manhã."),
    Sketch("Maria José Conceição Simões", document=CPF, product=_NAVI, was_edited=True),
    Sketch(LONGEST_NAME, bundle=bundle(base=3, cloud=1, tef=2), method=_BILLING),
    Sketch("Cooperativa Agropecuária e de Consumo dos Trabalhadores Rurais do Vale do Jequitinhonha e Região Ltda",
           product=_NAVI, bundle=bundle(cloud=1, payment_order=1)),
    Sketch("SUPERMERCADO BOM PREÇO LTDA", bundle=bundle(base=5, cloud=1, tef=4, integrated_payment=1), method=_BILLING),
    Sketch("Zé", document=CPF, product=_NAVI),
    Sketch("Lanchonete Ponto Certo", product=_NAVI, document=TWIN_DOCUMENT, bundle=bundle(cloud=1)),
    Sketch("Lanchonete Ponto Certo", document=TWIN_DOCUMENT, unused_for=2, owes=True, sent_by=SendingWay.WHATSAPP,
           notes="Migrando do Navi para o Link; backup combinado para a sexta-feira."),
    Sketch("Empório Dona Benta", _S.INACTIVE, product=_NAVI, document=MIGRATED_DOCUMENT, due_in=-50, registered_for=900),
    Sketch("Empório Dona Benta", document=MIGRATED_DOCUMENT, bundle=bundle(cloud=1), registered_for=75,
           notes="Veio do Navi; as notas fiscais antigas ficaram lá."),
    Sketch("Ótica Bela Vista", unused_for=0, owes=True),
    Sketch("Cafeteria Grão Nobre", unused_for=1, bundle=bundle(cloud=1), owes=True, sent_by=SendingWay.EMAIL),
    Sketch("Bar & Petiscaria da Esquina", unused_for=4, bundle=bundle(cloud=1, mobile=1, waiter=1),
           sent_by=SendingWay.PHONE),
    Sketch("Farmácia Nossa Senhora Aparecida", unused_for=9),
    Sketch("Churrascaria Gaúcho da Fronteira", unused_for=20, method=_BILLING),
    Sketch("Pousada Beira-Mar", unused_for=45, notes="Reabre na temporada; ativar quando chegar o computador."),
    Sketch("Drogaria União", reissued_for=5, notes="Computador trocado depois da queda de energia."),
    Sketch("Pizzaria Bella Nápoli", _S.SUSPENDED, reason="Cliente em atraso com a mensalidade do suporte."),
    Sketch("Sorveteria Cruzeiro do Sul", _S.SUSPENDED, product=_NAVI, reason="Fechada no inverno, a pedido do dono."),
    Sketch("Papelaria Três Corações", _S.SUSPENDED, unused_for=12, reason="Mudança de endereço em andamento."),
    Sketch("Verônica Guimarães Leão", _S.SUSPENDED, document=CPF, method=_BILLING),
    Sketch("Confecções Araçá & Cia", _S.SUSPENDED, document=LETTERS, bundle=bundle(cloud=1), was_suspended=True,
           reason="Negociação em andamento, liberar após o acordo."),
    Sketch("Quitanda da Vó Júlia", _S.EXPIRED, bundle=bundle(cloud=1), added=((Item.CLOUD, 1),), owes=True),
    Sketch("Peixaria São Pedro", _S.EXPIRED, unused_for=45),
    Sketch("Materiais de Construção Pé-de-Serra", _S.EXPIRED, product=_NAVI, method=_BILLING),
    Sketch("Barbearia D'Angelo", _S.EXPIRED, document=CPF, was_edited=True),
    Sketch("Boutique Mônica & Débora", _S.EXPIRED, is_suspended_too=True, reason="Não atende às ligações."),
    Sketch("Agropecuária Ipê Amarelo", _S.EXPIRED, document=LETTERS, bundle=bundle(base=2, cloud=1), method=_BILLING),
    Sketch("Bazar Estação", _S.INACTIVE),
    Sketch("Gráfica Assunção", _S.INACTIVE, unused_for=200),
    Sketch("Quiosque Lua Cheia", _S.INACTIVE, product=_NAVI),
    Sketch("Livraria Guimarães Rosa", _S.INACTIVE, was_hidden=True, notes="Pensa em voltar no próximo semestre."),
    Sketch("Antônia Corrêa Magalhães", _S.INACTIVE, product=_NAVI, document=CPF, method=_BILLING),
    Sketch("Padaria Sao Joao", _S.INACTIVE, bundle=bundle(cloud=1)),
    Sketch("Tapiocaria do Chico", _S.INACTIVE, document=LETTERS, is_suspended_too=True),
    Sketch("Relojoaria Esposito", _S.HIDDEN),
    Sketch("Brechó da Tia Nenê", _S.HIDDEN, product=_NAVI, document=CPF),
    Sketch("Bicicletaria Falcão & Irmãos", _S.HIDDEN, is_suspended_too=True),
    Sketch("Posto e Conveniência Planalto", _S.PENDING, document=DISPUTED_DOCUMENT,
           reason="CNPJ já cadastrado com este produto. Aguarda avaliação do fornecedor."),
    Sketch("Adega Princesa Isabel", _S.PENDING, product=_NAVI,
           reason="Situação cadastral do CNPJ não confirmada. Aguarda avaliação do fornecedor."),
)  # fmt: skip
BETA_CAST = (
    Sketch("Posto e Conveniência Planalto Central", document=DISPUTED_DOCUMENT, bundle=bundle(base=2, cloud=1)),
    Sketch("Padaria São João", due_in=3, bundle=bundle(cloud=1)),
    Sketch("Restaurante Tempero Nordestino", unused_for=6, bundle=bundle(waiter=2)),
    Sketch("Cláudia Beltrão", document=CPF, product=_NAVI, method=_BILLING),
    Sketch("Ferragens Kowalski & Böhm", _S.SUSPENDED, document=LETTERS, reason="Férias coletivas até o fim do mês."),
    Sketch("Casa do Queijo Mineiro", _S.EXPIRED),
    Sketch("Doceria Pão de Mel", _S.INACTIVE, product=_NAVI),
    Sketch("Lavanderia Expressa", _S.HIDDEN),
)
ALFA_EXTRAS, BETA_EXTRAS = 11, 7


def extras(rng: Random, count: int) -> list[Sketch]:
    """Return Ativo clients with nothing special about them."""
    return [_extra(rng) for _ in range(count)]


def _extra(rng: Random) -> Sketch:
    product = rng.choice((Product.LINK, Product.LINK, Product.NAVI))
    bundles = BUNDLES[product]
    return Sketch(
        " ".join(filter(None, (rng.choice(part) for part in (names.TRADES, names.PROPER, names.ENDINGS)))),
        product=product,
        document=rng.choice(("", "", "", "", CPF, LETTERS)),
        bundle=rng.choices(list(bundles), list(bundles.values()))[0],
        method=rng.choice(tuple(RenewalMethod)),
        notes=rng.choice((*[""] * 12, "Prefere contato por WhatsApp, sempre depois das 14h.")),
    )
