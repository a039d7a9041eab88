"""The engine beyond one machine: the same parts, done by Ray's actors, which hold the weights.

Ray places, restarts and ends the workers. What is done again, and what counts, is decided here: a
part is kept when its rows are in the run folder of the process that asked.
"""
