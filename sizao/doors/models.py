"""What the doors keep of their own: links that let a person in once."""

from django.conf import settings
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
