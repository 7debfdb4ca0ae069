"""The way in, the way out, and the post one works for."""

from sizao.doors.kit.routes import Route

ROUTES = (
    Route("sign-in-help", "sign-in", "account.signing.sign_in_help", "anyone"),
    Route("sign-in", "sign-in/<str:token>", "account.signing.sign_in", "anyone", methods=("GET", "POST")),
    Route("sign-out", "sign-out", "account.signing.sign_out", "signed-in", methods=("POST",)),
    Route("post", "post", "account.signing.choose_post", "signed-in", methods=("GET", "POST")),
)
