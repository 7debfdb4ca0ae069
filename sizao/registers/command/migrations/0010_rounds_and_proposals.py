"""Orders proposed by one and agreed to by another; rounds of inspection drawn by lot; reviews of the situation; parts of a directive."""


import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import sizao.kernel.ids
from sizao.kernel.machine import Followed, Versioned


class Migration(migrations.Migration):

    dependencies = [
        ('command', '0009_grades_reviewed'),
        ('kernel', '0006_by_default'),
        ('ledgers', '0007_pointing'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CalendarAddress',
            fields=[
                ('id', models.UUIDField(default=sizao.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('sender', models.TextField(blank=True, default='')),
                ('source_id', models.TextField(blank=True, default='')),
                ('known_from', models.DateTimeField()),
                ('stands_from', models.DateTimeField()),
                ('recorded_at', models.DateTimeField(auto_now_add=True)),
                ('change_no', models.BigIntegerField(default=0, editable=False)),
                ('digest', models.TextField(unique=True)),
                ('made_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(blank=True, db_column='over_at', null=True)),
            ],
        ),
        migrations.CreateModel(
            name='DrawnUnit',
            fields=[
                ('id', models.UUIDField(default=sizao.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('sender', models.TextField(blank=True, default='')),
                ('source_id', models.TextField(blank=True, default='')),
                ('known_from', models.DateTimeField()),
                ('stands_from', models.DateTimeField()),
                ('recorded_at', models.DateTimeField(auto_now_add=True)),
                ('change_no', models.BigIntegerField(default=0, editable=False)),
                ('stratum', models.TextField()),
                ('place', models.PositiveIntegerField()),
                ('drawn_of', models.PositiveIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='InspectionRound',
            fields=[
                ('id', models.UUIDField(default=sizao.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('sender', models.TextField(blank=True, default='')),
                ('source_id', models.TextField(blank=True, default='')),
                ('known_from', models.DateTimeField()),
                ('stands_from', models.DateTimeField()),
                ('recorded_at', models.DateTimeField(auto_now_add=True)),
                ('change_no', models.BigIntegerField(default=0, editable=False)),
                ('title', models.TextField()),
                ('practice', models.TextField()),
                ('kinds', models.TextField(blank=True, default='')),
                ('drawn_at', models.DateTimeField()),
                ('due_at', models.DateTimeField()),
                ('seed', models.TextField()),
                ('frame', models.PositiveIntegerField()),
                ('frame_digest', models.TextField()),
                ('strata', models.TextField()),
                ('run', models.BigIntegerField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='OrderProposal',
            fields=[
                ('id', models.UUIDField(default=sizao.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('sender', models.TextField(blank=True, default='')),
                ('source_id', models.TextField(blank=True, default='')),
                ('known_from', models.DateTimeField()),
                ('stands_from', models.DateTimeField()),
                ('recorded_at', models.DateTimeField(auto_now_add=True)),
                ('change_no', models.BigIntegerField(default=0, editable=False)),
                ('kind', models.TextField()),
                ('title', models.TextField()),
                ('strictness', models.PositiveSmallIntegerField()),
                ('basis', models.TextField()),
                ('reach', models.TextField()),
                ('appeal_route', models.TextField()),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('review_by', models.DateTimeField()),
                ('shown', models.TextField(blank=True, default='')),
                ('proposed_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('decision', models.TextField(blank=True, null=True)),
                ('reason', models.TextField(blank=True, default='')),
            ],
        ),
        migrations.CreateModel(
            name='SituationReview',
            fields=[
                ('id', models.UUIDField(default=sizao.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('sender', models.TextField(blank=True, default='')),
                ('source_id', models.TextField(blank=True, default='')),
                ('known_from', models.DateTimeField()),
                ('stands_from', models.DateTimeField()),
                ('recorded_at', models.DateTimeField(auto_now_add=True)),
                ('change_no', models.BigIntegerField(default=0, editable=False)),
                ('version', models.PositiveIntegerField()),
                ('made_at', models.DateTimeField()),
                ('run', models.BigIntegerField()),
                ('as_of', models.DateTimeField()),
                ('known_at', models.DateTimeField()),
                ('body', models.JSONField(default=dict)),
            ],
        ),
        migrations.AddField(
            model_name='order',
            name='issued_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='kernel.post'),
        ),
        migrations.AddField(
            model_name='order',
            name='review_by',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='order',
            name='seconded_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='kernel.post'),
        ),
        migrations.AddField(
            model_name='ticket',
            name='about_order',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='command.order'),
        ),
        migrations.AddField(
            model_name='ticket',
            name='part_of',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='parts', to='command.ticket'),
        ),
        migrations.AddField(
            model_name='ticket',
            name='rule',
            field=models.TextField(blank=True, db_default='', default=''),
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(condition=models.Q(('part_of__isnull', False)), fields=['part_of'], name='ticket_parts'),
        ),
        migrations.AddField(
            model_name='calendaraddress',
            name='area',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='kernel.area'),
        ),
        migrations.AddField(
            model_name='calendaraddress',
            name='batch',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='kernel.batch'),
        ),
        migrations.AddField(
            model_name='calendaraddress',
            name='post',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='kernel.post'),
        ),
        migrations.AddField(
            model_name='drawnunit',
            name='area',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='kernel.area'),
        ),
        migrations.AddField(
            model_name='drawnunit',
            name='batch',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='kernel.batch'),
        ),
        migrations.AddField(
            model_name='drawnunit',
            name='inspection',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='command.inspection'),
        ),
        migrations.AddField(
            model_name='drawnunit',
            name='unit',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledgers.reportingunit'),
        ),
        migrations.AddField(
            model_name='inspectionround',
            name='area',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='kernel.area'),
        ),
        migrations.AddField(
            model_name='inspectionround',
            name='batch',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='kernel.batch'),
        ),
        migrations.AddField(
            model_name='inspectionround',
            name='drawn_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='kernel.post'),
        ),
        migrations.AddField(
            model_name='drawnunit',
            name='round',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='drawn', to='command.inspectionround'),
        ),
        migrations.AddField(
            model_name='orderproposal',
            name='area',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='kernel.area'),
        ),
        migrations.AddField(
            model_name='orderproposal',
            name='batch',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='kernel.batch'),
        ),
        migrations.AddField(
            model_name='orderproposal',
            name='decided_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='kernel.post'),
        ),
        migrations.AddField(
            model_name='orderproposal',
            name='made',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='command.order'),
        ),
        migrations.AddField(
            model_name='orderproposal',
            name='proposed_as',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='orderproposal',
            name='proposed_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='kernel.post'),
        ),
        migrations.AddField(
            model_name='situationreview',
            name='area',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='kernel.area'),
        ),
        migrations.AddField(
            model_name='situationreview',
            name='batch',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='kernel.batch'),
        ),
        migrations.AddField(
            model_name='situationreview',
            name='made_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='kernel.post'),
        ),
        migrations.AddConstraint(
            model_name='calendaraddress',
            constraint=models.UniqueConstraint(condition=models.Q(('source_id', ''), _negated=True), fields=('source_id', 'sender'), name='calendar_address_natural_key'),
        ),
        migrations.AddConstraint(
            model_name='calendaraddress',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('post',), name='calendar_address_one_a_post'),
        ),
        migrations.AddIndex(
            model_name='inspectionround',
            index=models.Index(fields=['area', 'drawn_at'], name='inspection_round_area'),
        ),
        migrations.AddConstraint(
            model_name='inspectionround',
            constraint=models.UniqueConstraint(condition=models.Q(('source_id', ''), _negated=True), fields=('source_id', 'sender'), name='inspection_round_natural_key'),
        ),
        migrations.AddIndex(
            model_name='drawnunit',
            index=models.Index(condition=models.Q(('inspection', None)), fields=['area'], name='drawn_unit_to_see'),
        ),
        migrations.AddConstraint(
            model_name='drawnunit',
            constraint=models.UniqueConstraint(condition=models.Q(('source_id', ''), _negated=True), fields=('source_id', 'sender'), name='drawn_unit_natural_key'),
        ),
        migrations.AddConstraint(
            model_name='drawnunit',
            constraint=models.UniqueConstraint(fields=('round', 'unit'), name='drawn_unit_once'),
        ),
        migrations.AddIndex(
            model_name='orderproposal',
            index=models.Index(condition=models.Q(('decided_at', None)), fields=['area'], name='order_proposal_waiting'),
        ),
        migrations.AddConstraint(
            model_name='orderproposal',
            constraint=models.UniqueConstraint(condition=models.Q(('source_id', ''), _negated=True), fields=('source_id', 'sender'), name='order_proposal_natural_key'),
        ),
        migrations.AddConstraint(
            model_name='orderproposal',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='order_proposal_ends_after_it_begins'),
        ),
        migrations.AddConstraint(
            model_name='orderproposal',
            constraint=models.CheckConstraint(condition=models.Q(('strictness__range', (1, 3))), name='order_proposal_strictness'),
        ),
        migrations.AddConstraint(
            model_name='orderproposal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('basis', ''), _negated=True), models.Q(('reach', ''), _negated=True), models.Q(('appeal_route', ''), _negated=True)), name='order_proposal_is_complete'),
        ),
        migrations.AddIndex(
            model_name='situationreview',
            index=models.Index(fields=['area', '-made_at'], name='situation_review_latest'),
        ),
        migrations.AddConstraint(
            model_name='situationreview',
            constraint=models.UniqueConstraint(condition=models.Q(('source_id', ''), _negated=True), fields=('source_id', 'sender'), name='situation_review_natural_key'),
        ),
        migrations.AddConstraint(
            model_name='situationreview',
            constraint=models.UniqueConstraint(fields=('area', 'version'), name='situation_review_version'),
        ),
        Followed("command_order"),
        Followed("command_ticket"),
        *(Versioned(f"command_{name}") for name in ("orderproposal", "inspectionround", "drawnunit", "situationreview", "calendaraddress")),
    ]
