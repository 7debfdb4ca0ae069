"""What shows that a ticket is done: a row a picture or file, and its sealed bytes apart."""

import django.db.models.deletion
from django.db import migrations, models

import sizao.kernel.ids
from sizao.kernel.machine import Versioned


class Migration(migrations.Migration):
    dependencies = [("command", "0010_rounds_and_proposals"), ("kernel", "0006_by_default")]
    operations = [
        migrations.CreateModel(
            name="TicketProof",
            fields=[
                ("id", models.UUIDField(default=sizao.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("sender", models.TextField(blank=True, default="")),
                ("source_id", models.TextField(blank=True, default="")),
                ("known_from", models.DateTimeField()),
                ("stands_from", models.DateTimeField()),
                ("recorded_at", models.DateTimeField(auto_now_add=True)),
                ("change_no", models.BigIntegerField(default=0, editable=False)),
                ("kind", models.TextField()),
                ("size", models.PositiveIntegerField()),
                ("told_at", models.DateTimeField()),
                ("area", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="kernel.area")),
                ("batch", models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="kernel.batch")),
                ("ticket", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="proofs", to="command.ticket")),
            ],
        ),
        migrations.CreateModel(
            name="ProofContent",
            fields=[
                ("proof", models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name="content", serialize=False, to="command.ticketproof")),
                ("sealed", models.BinaryField()),
            ],
        ),
        migrations.AddConstraint(
            model_name="ticketproof",
            constraint=models.UniqueConstraint(condition=models.Q(("source_id", ""), _negated=True), fields=("source_id", "sender"), name="ticket_proof_natural_key"),
        ),
        migrations.AddConstraint(model_name="ticketproof", constraint=models.UniqueConstraint(fields=("ticket", "source_id"), name="ticket_proof_once")),
        Versioned("command_ticketproof"),
    ]
