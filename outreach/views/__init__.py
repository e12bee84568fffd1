"""The pages of officers; one module a subject."""
