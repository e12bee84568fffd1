"""Rules: plain functions of their arguments. No ORM, no clock, no settings."""
