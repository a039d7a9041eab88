"""The wall that bytes of strangers meet first."""
