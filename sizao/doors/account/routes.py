"""The way in, the way out, one's own account, who else has one, and who may see what."""

from django.utils.translation import gettext_noop as _

from sizao.doors.kit.routes import Place, Route

ROUTES = (
    Route("sign-in-help", "sign-in", "account.signing.sign_in_help", "anyone"),
    Route("sign-in-passkey-begin", "sign-in/passkey/begin", "account.passkey.begin_sign_in", "anyone", methods=("POST",)),
    Route("sign-in-passkey", "sign-in/passkey", "account.passkey.sign_in", "anyone", methods=("POST",)),
    Route("sign-in", "sign-in/<str:token>", "account.signing.sign_in", "anyone", methods=("GET", "POST")),
    Route("sign-out", "sign-out", "account.signing.sign_out", "signed-in", methods=("POST",)),
    Route("post", "post", "account.signing.choose_post", "signed-in", methods=("GET", "POST")),
    Route("account", "account", "account.mine.mine", "signed-in"),
    Route("account-second", "account/second", "account.second.second", "signed-in", methods=("GET", "POST")),
    Route("account-app", "account/app", "account.second.app", "signed-in", methods=("GET", "POST")),
    Route("account-codes", "account/codes", "account.second.codes", "signed-in", methods=("POST",)),
    Route("account-passkey-begin", "account/passkey/begin", "account.passkey.begin", "signed-in", methods=("POST",)),
    Route("account-passkey", "account/passkey", "account.passkey.register", "signed-in", methods=("POST",)),
    Route("account-passkey-use-begin", "account/passkey/use/begin", "account.passkey.begin_use", "signed-in", methods=("POST",)),
    Route("account-passkey-use", "account/passkey/use", "account.passkey.use", "signed-in", methods=("POST",)),
    Route("account-factor-drop", "account/factor/<int:factor>", "account.second.drop", "signed-in", methods=("POST",)),
    Route("account-session", "account/session/<int:number>", "account.mine.end_session", "signed-in", methods=("POST",)),
    Route("account-sessions", "account/sessions", "account.mine.end_others", "signed-in", methods=("POST",)),
    Route("account-language", "account/language", "account.mine.language", "signed-in", methods=("POST",)),
    Route("account-tokens", "account/tokens", "account.tokens.tokens", "signed-in", methods=("GET", "POST")),
    Route("account-token", "account/tokens/<int:number>", "account.tokens.revoke", "signed-in", methods=("POST",)),
    Route("duty-hand", "account/duty", "account.duty.hand", "post", "plan.read", methods=("POST",)),
    Route("duty-back", "account/duty/<int:holding>", "account.duty.back", "signed-in", methods=("POST",)),
    Route("glass", "glass", "account.broken.mine", "post", "glass.break", methods=("GET", "POST")),
    Route("glass-close", "glass/<uuid:glass>/close", "account.broken.close", "signed-in", methods=("POST",)),
    Route("glass-look", "glass/look", "account.broken.look", "post", "glass.review"),
    Route("glass-seen", "glass/<uuid:glass>", "account.broken.seen", "post", "glass.review", "subject", methods=("POST",)),
    Route("area-pick", "areas/pick", "account.areas.pick", "signed-in"),
    Route("users", "users", "account.users.users", "post", "users.write"),
    Route("user-new", "users/new", "account.users.new", "post", "users.write", methods=("POST",)),
    Route("user", "users/<int:user>", "account.users.user", "post", "users.write", "subject"),
    Route("user-grant", "users/<int:user>/grant", "account.users.grant", "post", "users.write", "subject", methods=("POST",)),
    Route("user-link", "users/<int:user>/link", "account.users.link", "post", "users.write", "subject", methods=("POST",)),
    Route("user-switch", "users/<int:user>/switch", "account.users.switch", "post", "users.write", "subject", methods=("POST",)),
    Route("user-factors", "users/<int:user>/factors", "account.users.clear_factors", "post", "users.write", "subject", methods=("POST",)),
    Route("user-token", "users/<int:user>/tokens/<int:number>", "account.users.revoke", "post", "users.write", "subject", methods=("POST",)),
    Route("grant-close", "users/holding/<int:holding>", "account.users.close", "post", "users.write", "subject", methods=("POST",)),
    Route("grant-second", "users/grant/<int:ask>", "account.users.second", "post", "users.write", "subject", methods=("POST",)),
    Route("audit", "audit", "account.auditing.events", "post", "audit.read"),
    Route("audit-access", "audit/access", "account.auditing.access", "post", "audit.read"),
    Route("webhooks", "webhooks", "account.hooks.hooks", "post", "hook.write", methods=("GET", "POST")),
    Route("webhook", "webhooks/<uuid:hook>", "account.hooks.hook", "post", "hook.write", "subject"),
    Route("webhook-step", "webhooks/<uuid:hook>/step", "account.hooks.step", "post", "hook.write", "subject", methods=("POST",)),
    Route("who", "who/<slug:register>/<uuid:record>", "account.seeing.who", "post", register="read", area="subject", reads_persons=True),
)

PLACES = (
    Place("glass-look", _("Broken glass"), "glass.review", "access", ("glass-",)),
    Place("users", _("Users and posts"), "users.write", "access", ("user", "grant-")),
    Place("webhooks", _("Events to other systems"), "hook.write", "access", ("webhook",)),
    Place("audit", _("Audit trail"), "audit.read", "access", ("audit-",)),
)
