"""Persons and households. What names a person in the world (id number, phone, address) is sealed under the person's own key."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from sizao.kernel.register import Declaration, Field, Record, natural_key


class Household(Record):
    """People who live behind one door. A change of area that says when is a move; one that does not is a correction of where they always were."""

    code = models.TextField(blank=True, default="")
    area = models.ForeignKey("kernel.Area", models.PROTECT)
    members = models.PositiveIntegerField(null=True, blank=True)
    moved_at = models.DateTimeField(null=True, blank=True)

    REGISTER = Declaration(
        zh="家庭户",
        en="Household",
        fields={
            "code": Field("户编号", "Household number"),
            "area": Field("所在网格", "Area", required=True),
            "members": Field("人口数", "Members", unit="persons"),
            "moved_at": Field("迁入时间（变更网格时填写）", "Moved there (told when the area changes)"),
        },
        searches=("code",),
        name="households",
        write="person.write",
        person="",
        title="code",
        columns=("code", "area", "members"),
        verb="sizao.registers.population.actions:save_households",
        group_zh="人口与场所",
        group_en="Population",
    )

    class Meta:
        constraints = [natural_key("household_natural_key")]


class Person(Record):
    """A human being, once. Age is as told on `age_on`; a birth date is never invented from it.

    Attributes:
        same_as: Who this one was found to be (`Merge`). Such a row is nobody of its own any more: it keeps what was told of it, and is read as the other.
    """

    name = models.TextField(blank=True, default="")
    name_keys = ArrayField(models.TextField(), default=list, blank=True)
    sex = models.TextField(null=True, blank=True)
    birth_date = models.DateField(null=True, blank=True)
    birth_year = models.IntegerField(null=True, blank=True)
    age_years = models.DecimalField(null=True, blank=True, max_digits=6, decimal_places=3)
    age_text = models.TextField(blank=True, default="")
    age_on = models.DateField(null=True, blank=True)
    occupation = models.TextField(blank=True, default="")
    area = models.ForeignKey("kernel.Area", models.PROTECT, db_index=False)
    household = models.ForeignKey(Household, models.PROTECT, null=True, blank=True)
    national_id = models.BinaryField(null=True, blank=True)
    national_id_index = models.BinaryField(null=True, blank=True)
    phone = models.BinaryField(null=True, blank=True)
    phone_index = models.BinaryField(null=True, blank=True)
    address = models.BinaryField(null=True, blank=True)
    same_as = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+", db_index=False)

    #: Who is somebody else is told on that one's page.
    APART = frozenset({"same_as"})

    REGISTER = Declaration(
        zh="人员",
        en="Person",
        fields={
            "name": Field("姓名", "Name", sensitivity="personal", required=True),
            "sex": Field("性别", "Sex", codes="sex"),
            "birth_date": Field("出生日期", "Date of birth", sensitivity="personal"),
            "birth_year": Field("出生年", "Year of birth", unit="year"),
            "age_years": Field("年龄", "Age", unit="years"),
            "age_text": Field("年龄（原文）", "Age as written"),
            "age_on": Field("年龄所指日期", "Day of that age"),
            "occupation": Field("职业", "Occupation"),
            "area": Field("现住地", "Area of residence", required=True),
            "household": Field("家庭户", "Household", to="households"),
            "national_id": Field("身份证件号码", "National id", sensitivity="sealed"),
            "phone": Field("联系电话", "Telephone", sensitivity="sealed"),
            "address": Field("详细住址", "Exact address", sensitivity="sealed"),
        },
        name="persons",
        write="person.write",
        person="id",
        title="name",
        columns=("name", "sex", "age_years", "birth_date", "occupation", "area"),
        verb="sizao.registers.population.actions:save",
        shown=Q(same_as=None),
        page="person",
        group_zh="人口与场所",
        group_en="Population",
    )

    class Meta:
        constraints = [natural_key("person_natural_key"), models.CheckConstraint(condition=Q(same_as=None) | ~Q(same_as=F("id")), name="person_is_another")]
        indexes = [
            models.Index(fields=["same_as"], name="person_same_as", condition=Q(same_as__isnull=False)),
            GinIndex(fields=["name_keys"], name="person_name_keys"),
            models.Index(fields=["area", "id"], name="person_area"),
            models.Index(fields=["national_id_index"], name="person_national_id"),
            models.Index(fields=["phone_index"], name="person_phone"),
        ]
