"""Models behind a server: scores, vectors and answers that come over HTTP."""
