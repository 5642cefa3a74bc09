"""Where data comes from and goes to: workspaces, formats, field mapping, stores."""
