"""`python -m sizao`: the command line."""

from sizao.wiring.main import main

main()
