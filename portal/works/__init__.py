"""Long work that users start and the runner of ``jobs.works`` carries out; a feature without pages of its own."""
