"""Real worker processes on a real broker and database: started, killed, stopped, looked at."""
