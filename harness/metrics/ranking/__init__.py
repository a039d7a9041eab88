"""Metrics of ranked lists, as trec_eval defines them."""
