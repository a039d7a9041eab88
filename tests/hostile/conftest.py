"""What the tests of submissions are made with is at hand here too."""

from tests.submission.conftest import make, tiny

__all__ = ["make", "tiny"]
