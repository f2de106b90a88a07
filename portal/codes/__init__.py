"""Registration codes on their way to the shop: the funnel, sendings, the printed slip, reissues, a changed document."""
