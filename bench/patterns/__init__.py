"""How well lines are grouped to templates, on lines of programs that were run for it: docs/patterns.md."""
