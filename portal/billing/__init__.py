"""Gestão de cobranças: retail prices, charges to end clients, reminders."""
