"""Exchange with other tools: a file for each format, and what all of them share.

A format writes runs as files of others (:class:`~harness.exchange.base.Format.write`), or reads
files of others as figures and values of items (``read``), or both. The next one is a file of its
own and a line in :data:`harness.exchange.formats.FORMATS`.
"""
