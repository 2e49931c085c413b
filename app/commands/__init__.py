"""The command line, one file per group of commands. The same parts as the server, no server needed."""
