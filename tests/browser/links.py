"""`python links.py STORE BASE`: a line with a user's name in, a one-time sign-in link out. The command `users link` does the same, but starts anew each time."""

import sys

from sizao.wiring.database import boot

if __name__ == "__main__":
    boot(sys.argv[1])
    from sizao.doors.kit.signin import make_link
    from sizao.kernel import organisation

    for line in sys.stdin:
        print(make_link(organisation.user_named(line.strip()), 60, sys.argv[2]), flush=True)
