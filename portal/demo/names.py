"""Word lists for shops as Brazil names them; a shop's name is a trade, a proper name and an ending."""

from __future__ import annotations


def _parts(text: str) -> tuple[str, ...]:
    """Split at bars and line ends; empty parts are kept, for endings that most shops go without."""
    return tuple(part.strip() for part in text.replace("\n", "|").split("|"))


TRADES = _parts(
    """Padaria|Confeitaria|Panificadora|Mercearia|Mercadinho|Minimercado|Supermercado|Empório|Quitanda|Hortifrúti|Açougue
    Casa de Carnes|Peixaria|Lanchonete|Restaurante|Churrascaria|Pizzaria|Hamburgueria|Pastelaria|Sorveteria|Açaiteria
    Cafeteria|Bar e Restaurante|Bar & Petiscaria|Cantina|Bistrô|Doceria|Adega|Distribuidora de Bebidas|Conveniência
    Farmácia|Drogaria|Perfumaria|Papelaria|Livraria|Armarinho|Bazar|Loja de Presentes|Floricultura|Pet Shop|Agropecuária
    Ferragens|Materiais de Construção|Depósito|Elétrica|Autopeças|Auto Center|Borracharia|Bicicletaria|Ótica|Relojoaria
    Joalheria|Calçados|Sapataria|Moda Íntima|Boutique|Confecções|Uniformes|Malharia|Brechó|Cama, Mesa e Banho|Móveis
    Colchões|Eletrodomésticos|Celulares|Informática|Assistência Técnica|Tabacaria|Lotérica|Salão de Beleza|Barbearia
    Academia|Lavanderia|Pousada|Hotel|Quiosque|Food Truck|Espetinho|Tapiocaria|Creperia|Temakeria|Rotisseria|Laticínios
    Casa do Queijo|Produtos Naturais|Suplementos|Artesanato|Brinquedos|Festas & Embalagens|Chaveiro|Gráfica|Vidraçaria"""
)
"""The first part of a name."""

PROPER = _parts(
    """São João|São José|Santo Antônio|Santa Rita|Nossa Senhora Aparecida|São Francisco|Santa Luzia|Bom Jesus|São Jorge
    Santa Bárbara|Três Irmãos|Dois Irmãos|Irmãos Gonçalves|Irmãos Corrêa|do Zé|da Dona Conceição|do Seu Joaquim|da Vó Júlia
    da Tia Nenê|do Português|do Alemão|do Mineiro|do Gaúcho|da Lúcia|do João|do Chico|da Praça|da Esquina|da Estação
    da Matriz|do Centro|do Bairro|da Vila|do Mercado|do Porto|da Praia|Beira-Mar|Beira Rio|Alto da Serra|Bela Vista
    Boa Vista|Novo Horizonte|Primavera|Ipê Amarelo|Jatobá|Araucária|Buriti|Açaí da Ilha|Pé de Manga|Sabiá|Bem-Te-Vi
    Tucano|Arara-Azul|Onça-Pintada|Estrela Dalva|Sol Nascente|Lua Cheia|Cruzeiro do Sul|Planalto|Cerrado|Pantanal|Paraíso
    Esperança|Progresso|União|Aliança|Vitória|Liberdade|Independência|Imperial|Real|Central|Popular|Econômico|Ideal|Modelo
    Express|24 Horas|Ponto Certo|Bom Preço|Preço Bom|Mais Você|Sabor Caseiro|Sabor & Arte|Delícias da Roça|Tempero Nordestino
    Cantinho Mineiro|Pão Quente|Pão de Mel|Pão & Cia|Grão Nobre|Café com Prosa|Dom Pedro|Dona Flor|Princesa Isabel|D'Ávila
    D'Angelo|Sant'Anna|Olho d'Água|Pau d'Alho|Conceição|Assunção|Magalhães|Guimarães|Gonçalves|Araújo|Corrêa|Simões
    Antunes|Falcão|Brandão|Galvão|Leão|Beltrão|Sebastião|Inácio|Estêvão|Mônica|Verônica|Débora|Andréia|Patrícia|Tânia|Cláudia
    Müller|Schäfer|Böhm|Krüger|Tanaka|Yamashita|Nakamura|Rossi|Bianchi|Esposito|Kowalski|Haddad|Salomão|Peña|Nuñez"""
)
"""The part that tells one shop from the next."""

ENDINGS = _parts(
    """||||||Ltda|Ltda|Ltda|Ltda ME|ME|ME|EPP|EIRELI|S/A|& Filhos|& Filhos Ltda|e Cia|e Cia Ltda|& Irmãos|- Filial 2
    - Filial 3|- Loja 1|Comércio Ltda|Comércio e Serviços Ltda|Comércio de Alimentos Ltda|Alimentos Ltda
    do Brasil|de Ribeirão|Norte|Sul|II|III|2000|Prime|Gourmet|& Sabor"""
)
"""The last part; often none."""

LONG_ENDING = "Comércio Varejista de Gêneros Alimentícios, Bebidas, Panificação e Conveniência do Município e Região"
"""What a few names end with instead, so that lists meet names nearly as long as the column."""

PARTNERS_FIRST = (
    "Alfa Beta Delta Ômega Sigma Nova União Ágil Prisma Vértice Atlântica Pampa Aurora Mantiqueira Tapajós".split()
)
PARTNERS_LAST = (
    "Automação|Sistemas|Informática|Tecnologia|Soluções|Automação Comercial|Software & Serviços|Suporte Técnico".split(
        "|"
    )
)

DEVICES = tuple(
    "CAIXA-01 CAIXA-02 PDV-PRINCIPAL SERVIDOR ESCRITORIO BALCAO RETAGUARDA DESKTOP-9K2LQ1 NOTE-GERENTE".split()
)
PHONES = tuple("Moto G54|Galaxy A15|Redmi 13C|Galaxy Tab A9|Positivo Q20|Gertec GPOS720".split("|"))
VERSIONS = ("5.2.1", "5.2.0", "5.1.7", "5.1.3", "5.0.12", "4.9.8")
"""Versions of the installed program, the newest first."""
