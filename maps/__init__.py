"""What people look at: web maps, workbooks, styles."""
