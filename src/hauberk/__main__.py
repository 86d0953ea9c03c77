"""`python -m hauberk` is `hauberk`."""

from hauberk.cli import main

main()
