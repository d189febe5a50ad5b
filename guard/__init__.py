"""guard: does this change leave every Lambda function enough memory?"""

__version__ = "0.1.0"
