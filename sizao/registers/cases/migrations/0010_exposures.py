"""Exposed places, searches for who was there, and whom they named."""


import datetime

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

import sizao.kernel.ids
from sizao.kernel.machine import Versioned


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0009_case_without_zeros'),
        ('kernel', '0006_by_default'),
        ('ledgers', '0007_pointing'),
        ('population', '0007_households_point'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ExposedPlace',
            fields=[
                ('id', models.UUIDField(default=sizao.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('sender', models.TextField(blank=True, default='')),
                ('source_id', models.TextField(blank=True, default='')),
                ('known_from', models.DateTimeField()),
                ('stands_from', models.DateTimeField()),
                ('recorded_at', models.DateTimeField(auto_now_add=True)),
                ('change_no', models.BigIntegerField(default=0, editable=False)),
                ('disease', models.TextField()),
                ('opens_at', models.DateTimeField()),
                ('closes_at', models.DateTimeField()),
                ('seat', models.TextField(blank=True, default='')),
                ('basis', models.TextField(blank=True, default='')),
                ('confirmed_at', models.DateTimeField(blank=True, null=True)),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
                ('area', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='kernel.area')),
                ('batch', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='kernel.batch')),
                ('case', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='trajectory', to='cases.case')),
                ('place', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledgers.reportingunit')),
            ],
        ),
        migrations.CreateModel(
            name='ExposureSearch',
            fields=[
                ('id', models.UUIDField(default=sizao.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('sender', models.TextField(blank=True, default='')),
                ('source_id', models.TextField(blank=True, default='')),
                ('known_from', models.DateTimeField()),
                ('stands_from', models.DateTimeField()),
                ('recorded_at', models.DateTimeField(auto_now_add=True)),
                ('change_no', models.BigIntegerField(default=0, editable=False)),
                ('disease', models.TextField()),
                ('places', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None)),
                ('at_least', models.PositiveIntegerField(default=0)),
                ('contact_class', models.TextField(default='general')),
                ('asked_at', models.DateTimeField()),
                ('visits', models.PositiveIntegerField(blank=True, null=True)),
                ('visitors', models.PositiveIntegerField(blank=True, null=True)),
                ('seconded_at', models.DateTimeField(blank=True, null=True)),
                ('named_at', models.DateTimeField(blank=True, null=True)),
                ('named', models.PositiveIntegerField(blank=True, null=True)),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
                ('area', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='kernel.area')),
                ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('batch', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='kernel.batch')),
                ('case', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cases.case')),
                ('seconded_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Exposure',
            fields=[
                ('id', models.UUIDField(default=sizao.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('sender', models.TextField(blank=True, default='')),
                ('source_id', models.TextField(blank=True, default='')),
                ('known_from', models.DateTimeField()),
                ('stands_from', models.DateTimeField()),
                ('recorded_at', models.DateTimeField(auto_now_add=True)),
                ('change_no', models.BigIntegerField(default=0, editable=False)),
                ('together_from', models.DateTimeField()),
                ('together_until', models.DateTimeField()),
                ('seconds', models.PositiveIntegerField()),
                ('area', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='kernel.area')),
                ('batch', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='kernel.batch')),
                ('contact', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='exposures', to='cases.contact')),
                ('exposed_place', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='exposures', to='cases.exposedplace')),
                ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='population.person')),
                ('search', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='exposures', to='cases.exposuresearch')),
            ],
        ),
        migrations.AddIndex(
            model_name='exposedplace',
            index=models.Index(fields=['area', 'id'], name='exposed_place_area'),
        ),
        migrations.AddIndex(
            model_name='exposedplace',
            index=models.Index(fields=['opens_at', 'id'], name='exposedplace_by_opens_at'),
        ),
        migrations.AddConstraint(
            model_name='exposedplace',
            constraint=models.UniqueConstraint(condition=models.Q(('source_id', ''), _negated=True), fields=('source_id', 'sender'), name='exposed_place_natural_key'),
        ),
        migrations.AddConstraint(
            model_name='exposedplace',
            constraint=models.CheckConstraint(condition=models.Q(('closes_at__gt', models.F('opens_at'))), name='exposed_place_closes_after_it_opens'),
        ),
        migrations.AddConstraint(
            model_name='exposedplace',
            constraint=models.CheckConstraint(condition=models.Q(('closes_at__lte', django.db.models.expressions.CombinedExpression(models.F('opens_at'), '+', models.Value(datetime.timedelta(days=14))))), name='exposed_place_at_most_14_days'),
        ),
        migrations.AddIndex(
            model_name='exposuresearch',
            index=models.Index(fields=['area', 'id'], name='exposure_search_area'),
        ),
        migrations.AddIndex(
            model_name='exposuresearch',
            index=models.Index(fields=['asked_at', 'id'], name='exposuresearch_by_asked_at'),
        ),
        migrations.AddConstraint(
            model_name='exposuresearch',
            constraint=models.CheckConstraint(condition=models.Q(('named_at', None), ('asked_by__isnull', False), _connector='OR'), name='exposure_search_is_somebody_s'),
        ),
        migrations.AddConstraint(
            model_name='exposuresearch',
            constraint=models.CheckConstraint(condition=models.Q(('seconded_by', None), models.Q(('seconded_by', models.F('asked_by')), _negated=True), _connector='OR'), name='exposure_search_needs_another'),
        ),
        migrations.AddConstraint(
            model_name='exposuresearch',
            constraint=models.CheckConstraint(condition=models.Q(('named_at', None), ('visitors__lte', 1000), ('seconded_by__isnull', False), _connector='OR'), name='exposure_search_of_many_needs_two'),
        ),
        migrations.AddIndex(
            model_name='exposure',
            index=models.Index(fields=['person'], name='exposure_person'),
        ),
        migrations.AddIndex(
            model_name='exposure',
            index=models.Index(fields=['area', 'id'], name='exposure_area'),
        ),
        migrations.AddConstraint(
            model_name='exposure',
            constraint=models.UniqueConstraint(fields=('contact', 'exposed_place', 'together_from'), name='exposure_once'),
        ),
        migrations.AddConstraint(
            model_name='exposure',
            constraint=models.CheckConstraint(condition=models.Q(('together_until__gt', models.F('together_from'))), name='exposure_ends_after_it_begins'),
        ),
        Versioned("cases_exposedplace"),
        Versioned("cases_exposuresearch"),
        Versioned("cases_exposure"),
    ]
