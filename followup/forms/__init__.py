"""Forms, one subject a module; what they refuse they say beside the field."""
