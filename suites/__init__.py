"""The suites: one folder per question about models."""
