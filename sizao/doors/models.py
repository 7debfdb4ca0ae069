"""What the doors keep of their own: links that let a person in once, lists that somebody wants again, programs' ways in and what they were answered, letters from the public process."""

from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models


class SignInLink(models.Model):
    """A one-time sign-in link. Only a digest of its token is kept, so whoever reads the table cannot come in with it.

    Attributes:
        used_at: When it was used up; a link opens one session and no second.
    """

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    token_sha256 = models.TextField(unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(expires_at__gt=models.F("created_at")), name="sign_in_link_expires_after_it_is_made")]


class Factor(models.Model):
    """A second factor of a user: a code app (TOTP, RFC 6238) or a passkey (WebAuthn).

    Attributes:
        kind: totp or passkey.
        secret: A code app's secret, sealed under the store's key ring.
        credential, public_key: A passkey's number and what its signatures are checked with (attested credential data, as fido2 packs it).
        count: How often the passkey says it has signed; one that counts backwards was copied.
        last_step: The half-minute of the last code that was taken; the same code does not open twice.
    """

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.TextField()
    name = models.TextField()
    secret = models.BinaryField(null=True)
    credential = models.BinaryField(null=True, unique=True)
    public_key = models.BinaryField(null=True)
    count = models.BigIntegerField(default=0)
    last_step = models.BigIntegerField(default=0)
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind="totp", secret__isnull=False, credential=None) | models.Q(kind="passkey", secret=None, credential__isnull=False, public_key__isnull=False),
                name="factor_is_of_its_kind",
            )
        ]


class RecoveryCode(models.Model):
    """A code on paper that stands for the second factor once. Only its digest is kept; it has 80 bits of its own."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    sha256 = models.TextField()
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "sha256"], name="recovery_code_once")]


class WrongTry(models.Model):
    """A sign-in that failed: of which user or from which network, as a digest under a key, and when. Swept after a day."""

    id = models.BigAutoField(primary_key=True)
    whose = models.BinaryField()
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["whose", "at"], name="wrong_try_whose"), models.Index(fields=["at"], name="wrong_try_at")]


class OpenSession(models.Model):
    """A session that somebody opened, so that he sees it and ends it from another device.

    Attributes:
        key: As in Django's own table of sessions; without a row there it is over.
        how: link or passkey.
        device: Kind of browser and of system, as it calls itself.
    """

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.TextField(unique=True)
    how = models.TextField()
    device = models.TextField(default="")
    began_at = models.DateTimeField()


class SavedView(models.Model):
    """A list that somebody wants again: the address's pairs without the search text, for one register.

    Attributes:
        post: Whose posts see it: null for the user's own, else everybody who holds that post.
        query: As in an address, e.g. "view=confirmed&sort=-onset_on".
    """

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    post = models.ForeignKey("kernel.Post", models.CASCADE, null=True, related_name="+")
    register = models.TextField()
    name = models.TextField()
    query = models.TextField()
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "register", "name"], name="saved_view_once")]
        indexes = [models.Index(fields=["register", "user"], name="saved_view_register")]


class ReplayedCount(models.Model):
    """A figure of the replay page: what one measure of one text counts at one question. Dropped after a month; it can be worked out again.

    Attributes:
        starts, as_of, known_at: From when the text is taken to be in force, the moment judged, and up to when what was told counts.
        ref: The very text ("edition@digest").
        counts: {what: number}; null where it did not end in the time of a whole request.
    """

    id = models.BigAutoField(primary_key=True)
    area = models.ForeignKey("kernel.Area", models.CASCADE, related_name="+", db_index=False)
    disease = models.TextField()
    starts = models.DateTimeField()
    as_of = models.DateTimeField()
    known_at = models.DateTimeField()
    ref = models.TextField()
    measure = models.TextField()
    counts = models.JSONField(null=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["area", "disease", "starts", "as_of", "known_at", "ref", "measure"], name="replayed_once")]
        indexes = [models.Index(fields=["at"], name="replayed_at")]


class Answered(models.Model):
    """What a program's writing request was answered, so that sending it again writes nothing and is answered the same. Swept after `answered-kept-days`."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.TextField()
    digest = models.BinaryField()
    status = models.IntegerField()
    body = models.JSONField()
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="answered_once")]
        indexes = [models.Index(fields=["made_at"], name="answered_made_at")]


class ApiToken(models.Model):
    """A program's way in: one user, one post, one purpose, until a day. Only a digest is kept.

    Attributes:
        sender: As whom the program is heard among the feeds ("lab:county"); "" when it is none of them.
        name: What its maker calls it.
        permissions, area: What it may do at most, and below which area; all that the post may where they are empty.
    """

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    post = models.ForeignKey("kernel.Post", models.CASCADE, related_name="+")
    purpose = models.TextField(default="response")
    sender = models.TextField(default="")
    name = models.TextField(default="")
    permissions = ArrayField(models.TextField(), default=list)
    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+", null=True)
    token_sha256 = models.TextField(unique=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)


class RelayKey(models.Model):
    """By which key the process of the public seals its letters, and when somebody inside last said that he was there. The public half only."""

    id = models.BigAutoField(primary_key=True)
    key_id = models.TextField(unique=True)
    public = models.BinaryField()
    made_at = models.DateTimeField()
    seen_at = models.DateTimeField()


class Relayed(models.Model):
    """A sealed letter from the process of the public, and its sealed answer (`doors/relay/`). What was asked is emptied with the answer; both go after ten minutes.

    Attributes:
        id: Random: it is part of an address, and must tell nobody when it was made.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    asked_at = models.DateTimeField()
    asked = models.BinaryField()
    answered_at = models.DateTimeField(null=True)
    answer = models.BinaryField(null=True)

    class Meta:
        verbose_name_plural = "relayed"
        indexes = [models.Index(fields=["asked_at"], name="relayed_waiting", condition=models.Q(answered_at=None)), models.Index(fields=["answered_at"], name="relayed_answered")]


class PhoneCopy(models.Model):
    """A copy of a grid's list on one phone: whose, since when, and whether it is to be wiped. Each copy holds one invented row; who asks for that row has this copy.

    Attributes:
        id: Made on the phone. Only who signs in on it knows it.
        post: The post whose list it holds.
        device: What the browser says it is, cut short.
        waiting: How many records the phone last said were still to be sent.
        canary: Digests of the invented person's name and number; nothing of them is kept in the open.
        heard_at, heard_in: When somebody asked for the invented row, and where.
    """

    id = models.UUIDField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    post = models.ForeignKey("kernel.Post", models.CASCADE, related_name="+")
    device = models.TextField(blank=True, default="")
    made_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    waiting = models.IntegerField(default=0)
    canary = models.JSONField(default=list)
    heard_at = models.DateTimeField(null=True, blank=True)
    heard_in = models.TextField(blank=True, default="")
    heard_by = models.ForeignKey("kernel.Post", models.SET_NULL, null=True, related_name="+")
    wipe_asked_at = models.DateTimeField(null=True, blank=True)
    wipe_asked_by = models.ForeignKey("kernel.Post", models.SET_NULL, null=True, related_name="+")
    wiped_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(wiped_at=None) | models.Q(wipe_asked_at__isnull=False), name="phone_copy_wiped_when_asked")]
        indexes = [models.Index(fields=["post", "seen_at"], name="phone_copy_post"), models.Index(fields=["user"], name="phone_copy_user")]


class PhoneAct(models.Model):
    """What a phone told and what it was answered, so that telling it again writes nothing. Only a digest of what was told is kept."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.TextField()
    digest = models.BinaryField()
    record = models.UUIDField(null=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="phone_act_once")]
        indexes = [models.Index(fields=["at"], name="phone_act_at")]
