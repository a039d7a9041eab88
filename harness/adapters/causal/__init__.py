"""``causal-lm``: detectors that are language models, by how a text reads to them."""
