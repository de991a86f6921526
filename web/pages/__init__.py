"""Pages that come whole from the server: for readers without scripts, printers, search engines."""
