"""NIQE: how far the statistics of an image lie from those of pristine photographs."""
