"""How fast statelink is, against its peers and against limits: README.md beside this file."""
