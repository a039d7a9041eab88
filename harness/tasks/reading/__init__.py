"""The one place where files of others are opened: their bytes, their numbers, and what they hold.

:mod:`content` undoes compression and encodings, :mod:`numerals` reads numbers, :mod:`json_text`
JSON, :mod:`delimited`, :mod:`json_tables` and :mod:`sheets` the tables that
:func:`harness.tasks.tables.read_table` hands out, :mod:`arrays` ``.npz``, and the files named
after runs and judgements those. What is damaged is one line, whatever a library makes of it.
"""
