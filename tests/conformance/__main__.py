"""`python -m tests.conformance`: cases by RFC, and the disagreements."""

from tests.conformance.report import text

print(text())
