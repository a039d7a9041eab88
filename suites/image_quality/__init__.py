"""Blind image quality: correlation of scores with opinion."""
