"""The one table of what runs every day and when. Jobs of the same hour run one after the other, in this order."""

from __future__ import annotations

from datetime import time

from jobs import back_up, clean_up
from jobs.job import Job, Schedule

SCHEDULE: Schedule = (
    Job("clean_up", "Limpeza de dados vencidos", time(6, 10), clean_up.run, clean_up.WORDS, clean_up.preview),
    Job("back_up", "Cópia de segurança", time(6, 10), back_up.run, back_up.WORDS),
)
