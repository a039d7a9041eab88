"""PIQE: distortion block by block, without training."""
