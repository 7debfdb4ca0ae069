"""Which routes of the public are answered from inside, because a person's own record stands behind them."""

RELAYED = frozenset(
    {
        "declare", "declare-find", "declared", "declared-withdraw", "my", "my-appeal", "my-need", "my-paper", "verify-keys", "public-isolation", "exposures-counted",
        "question", "question-find", "question-receipt", "hardship", "offer",
    }
)  # fmt: skip
