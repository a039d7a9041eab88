"""ONNX checkpoints of embedders, for texts and for images."""
