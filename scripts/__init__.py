"""The command line: it wires the floors together and holds no logic of its own."""
