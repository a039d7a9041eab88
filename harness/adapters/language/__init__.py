"""Language models as rerankers: loading, talking to one, and the adapters that do."""
