"""What a submission carries so that its figures can be computed again."""
