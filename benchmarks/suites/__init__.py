"""What is measured: a module for each suite, with TITLE and ``blocks()``; see harness/suite.py."""
