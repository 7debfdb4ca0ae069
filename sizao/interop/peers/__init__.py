"""Hand-overs between two installations: signed messages, each kept until the other side has answered for it."""
