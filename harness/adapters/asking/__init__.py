"""How a language model is asked to rank: protocols as pure functions, whatever answers them.

A protocol is a generator. It yields questions that do not depend on each other, receives their
replies, and returns an order. It knows no weights and no server, so the queries of a task can be
asked in step (:mod:`harness.adapters.asking.in_step`), and a scripted reply tests it exactly.
"""
