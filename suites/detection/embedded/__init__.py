"""The embedded detection task: human prose of pinned packages against one small model."""
