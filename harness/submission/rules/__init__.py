"""The rules that a submission is checked by; :data:`harness.submission.rules.book.RULES` is all."""
