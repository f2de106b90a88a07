"""What made-up shops are made of: people, and what a bakery with a small grocery sells."""

from __future__ import annotations

FIRST = (
    "Ana Antônio Beatriz Benedito Camila Carlos Célia Cícero Conceição Daniel Débora Edson Eliane Fábio Fátima Francisca Gabriel "
    "Geraldo Helena Inês Isabela João José Juliana Larissa Luís Luzia Manuela Marcos Maria Mateus Nair Otávio Patrícia Pedro Raimunda "
    "Rafael Renata Rita Sebastião Severino Simone Sônia Tatiana Tereza Thiago Valdir Vera Vitória Zélia"
).split()
LAST = (
    "Almeida Alves Araújo Assunção Barbosa Batista Borges Cardoso Carvalho Castro Conceição Corrêa Costa Cunha Dias Duarte "
    "Farias Fernandes Ferreira Freitas Gonçalves Guimarães Jesus Leite Lima Lopes Macedo Magalhães Martins Melo Mendes Moraes "
    "Nascimento Nogueira Nunes Oliveira Paixão Pereira Pinheiro Ramos Ribeiro Rocha Sá Sant'Anna Santos Silva Souza Teixeira"
).split()
STREETS = (
    "Rua das Acácias|Rua São João|Avenida Brasil|Rua XV de Novembro|Travessa da Conceição|Rua do Comércio|Alameda dos Ipês|"
    "Rua Sete de Setembro|Avenida Getúlio Vargas|Rua Padre Anchieta|Estrada da Serra|Praça da Matriz"
).split("|")

GOODS = """\
Pão francês|KG|1990
Pão de queijo|KG|4290
Pão de forma 500 g|UN|989
Bolo de fubá|KG|2890
Bolo de cenoura com cobertura|KG|3490
Broa de milho|UN|450
Sonho com creme|UN|750
Coxinha de frango|UN|800
Empada de palmito|UN|890
Misto-quente|UN|1290
Café coado|UN|450
Café com leite|UN|690
Suco de laranja 300 ml|UN|990
Queijo muçarela fatiado|KG|5490
Queijo minas frescal|KG|4690
Presunto fatiado|KG|3890
Mortadela|KG|2290
Linguiça toscana|KG|2490
Peito de frango|KG|2190
Carne moída de segunda|KG|3290
Banana-prata|KG|699
Maçã gala|KG|1190
Tomate italiano|KG|899
Cebola|KG|599
Batata-inglesa|KG|549
Alho|KG|3490
Arroz branco tipo 1 5 kg|UN|2990
Feijão-carioca 1 kg|UN|849
Açúcar cristal 1 kg|UN|459
Sal refinado 1 kg|UN|299
Café torrado e moído 500 g|UN|2890
Óleo de soja 900 ml|UN|799
Farinha de trigo 1 kg|UN|549
Fubá mimoso 1 kg|UN|479
Macarrão espaguete 500 g|UN|489
Molho de tomate 300 g|UN|289
Leite integral 1 L|UN|549
Iogurte de morango 900 g|UN|1190
Manteiga com sal 200 g|UN|1290
Requeijão 200 g|UN|899
Ovos brancos|DZ|1190
Refrigerante de guaraná 2 L|UN|949
Refrigerante de cola lata|UN|499
Água mineral 500 ml|UN|300
Cerveja pilsen lata|UN|449
Biscoito de polvilho|PC|690
Biscoito recheado|UN|329
Chocolate ao leite 90 g|UN|799
Bala de goma|UN|50
Sabão em pó 800 g|UN|1390
Detergente neutro 500 ml|UN|279
Papel higiênico 12 rolos|PC|2190
Esponja de aço|PC|329
Água sanitária 2 L|UN|799
Vela de aniversário|UN|590
Gelo em cubos 5 kg|PC|1290
"""
PRODUCTS = [(name, unit, int(cents)) for name, unit, cents in (line.split("|") for line in GOODS.splitlines())]
BRANDS = (
    "Serrana|Bom Dia|Da Roça|Estrela do Sul|Dona Zica|Ipê|Vale Verde|Três Irmãos|Moinho Velho|Sabor Mineiro|Ouro".split(
        "|"
    )
)
