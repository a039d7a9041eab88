"""What a Python program calls: the functions behind ``import marginbench``."""
