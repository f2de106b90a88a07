"""What the form "+ Novo cliente" sends, for its tests."""

from __future__ import annotations

from typing import Any

CNPJ, OTHER_CNPJ = "11222333000181", "11444777000161"


def form_of(**changes: Any) -> dict[str, Any]:
    """Return what the form sends when it is filled in."""
    return {
        "key": "k" * 24, "document": "11.222.333/0001-81", "name": "Bar do Zé", "email": "ze@bar.example", "uf": "SP",
        "phone": "(11) 98765-4321", "city": "São Paulo", "renewal_method": "manual", "product": "link", "base": "1",
    } | changes  # fmt: skip
