"""The subcommands of verify.py."""
