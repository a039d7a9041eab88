"""What this suite's tasks ask of models beside scores: a verdict on two answers, a likelihood."""
