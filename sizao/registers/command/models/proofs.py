"""What a unit shows for it that a ticket is done: a picture or a file. Its bytes lie sealed in a table of their own, so that no list carries them."""

from django.db import models

from sizao.kernel.register import Declaration, Field, Record, natural_key

from .areas import GROUP
from .tickets import Ticket


class TicketProof(Record):
    """One picture or file that was handed in with an answer. A picture's own notes (place, device, time) are taken out before it is kept."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="proofs")
    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    kind = models.TextField()
    size = models.PositiveIntegerField()
    told_at = models.DateTimeField()

    REGISTER = Declaration(
        zh="整改佐证",
        en="Proof of a ticket",
        fields={
            "ticket": Field("事项", "Ticket", to="tickets", writable=False),
            "area": Field("责任地", "Area that answers", writable=False),
            "kind": Field("文件类别", "Kind of file", writable=False),
            "size": Field("大小", "Size", unit="bytes", writable=False),
            "told_at": Field("上传时间", "Handed in", writable=False),
        },
        name="ticket-proofs",
        read="ticket.write",
        person="",
        title="kind",
        **GROUP,
    )

    class Meta:
        constraints = [natural_key("ticket_proof_natural_key"), models.UniqueConstraint(fields=["ticket", "source_id"], name="ticket_proof_once")]


class ProofContent(models.Model):
    """The bytes of a proof, sealed under a key of the ring. Read one at a time, by who may write tickets there."""

    proof = models.OneToOneField(TicketProof, models.PROTECT, primary_key=True, related_name="content")
    sealed = models.BinaryField()
