"""The one table of what runs every day and when. Jobs of the same hour run one after the other, in this order."""

from __future__ import annotations

from datetime import time

from jobs import (
    apply_changes,
    back_up,
    cancel_invoices,
    clean_up,
    expire_licenses,
    issue_charges,
    remind_certificates,
    remind_codes,
)
from jobs.job import Job, Schedule

SCHEDULE: Schedule = (
    Job(
        "cancel_invoices",
        "Faturas vencidas",
        time(6),
        cancel_invoices.run,
        cancel_invoices.WORDS,
        cancel_invoices.preview,
    ),
    Job(
        "apply_changes",
        "Mudanças de licença em vigor",
        time(6),
        apply_changes.run,
        apply_changes.WORDS,
        apply_changes.preview,
    ),
    Job(
        "expire_licenses",
        "Avisos de vencimento",
        time(6),
        expire_licenses.run,
        expire_licenses.WORDS,
        expire_licenses.preview,
    ),
    Job(
        "remind_codes",
        "Avisos de códigos não utilizados",
        time(6),
        remind_codes.run,
        remind_codes.WORDS,
        remind_codes.preview,
    ),
    Job(
        "remind_certificates",
        "Avisos de certificados digitais",
        time(6),
        remind_certificates.run,
        remind_certificates.WORDS,
        remind_certificates.preview,
    ),
    Job(
        "issue_charges",
        "Cobranças a clientes finais",
        time(6),
        issue_charges.run,
        issue_charges.WORDS,
        issue_charges.preview,
    ),
    Job("clean_up", "Limpeza de dados vencidos", time(6, 10), clean_up.run, clean_up.WORDS, clean_up.preview),
    Job("back_up", "Cópia de segurança", time(6, 10), back_up.run, back_up.WORDS),
)
