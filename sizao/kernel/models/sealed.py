"""A key of their own for every person whose sealed fields are kept."""

from django.db import models


class PersonKey(models.Model):
    """A person's data key, itself encrypted under the store's key ring. Deleting this row forgets the person.

    Attributes:
        person: The person whose sealed values it opens.
        wrapped: The data key, sealed; useless without the key ring, which is kept outside the store.
        key_id: The ring's key that wraps it, so that rotation finds what is still to be wrapped again.
    """

    person = models.UUIDField(primary_key=True)
    wrapped = models.BinaryField()
    key_id = models.TextField()

    class Meta:
        app_label = "kernel"
        db_table = "kernel_person_key"
        indexes = [models.Index(fields=["key_id"], name="kernel_person_key_id")]
