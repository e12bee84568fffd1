"""What the project does, one use case a function; edges (views, admin, tasks, commands) ask here."""
