"""Chat completions: language models behind a server, asked in the protocols of those at hand."""
