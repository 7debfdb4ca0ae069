"""Who investigates a case, and who traces its contacts: one person a case and task, by a time."""

from django.db import models

from sizao.kernel.register import Declaration, Field, Filter, Record, natural_key

from .cases import Case


class CaseAssignment(Record):
    """A case and a task on it are somebody's. It gives no right: whoever is named may write that case already, by a post of his own. Handing it on is a new version of the same row.

    Attributes:
        assignee: The user name of who is to do it, as it is told.
        holder: The same as the user; filled in from `assignee`.
        assigned_at: When it became his.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="assignments", db_index=False)
    task = models.TextField()
    assignee = models.TextField()
    holder = models.ForeignKey("kernel.User", models.PROTECT, related_name="+")
    due_at = models.DateTimeField(null=True, blank=True)
    assigned_at = models.DateTimeField()

    #: Who it is, as a user; told by his name.
    APART = frozenset({"holder"})

    REGISTER = Declaration(
        zh="病例任务分派",
        en="Assignment of a case",
        fields={
            "case": Field("病例", "Case", to="cases", required=True),
            "task": Field("任务", "Task", codes="case-task", required=True),
            "assignee": Field("承办人（用户名）", "Investigator (user name)", required=True, help_zh="须任有可办理该病例的岗位", help_en="Holds a post that may write this case"),
            "due_at": Field("完成期限", "Due", help_zh="不填则按规定时限", help_en="Left empty: by the hours of the rule"),
            "assigned_at": Field("分派时间", "Assigned", writable=False),
        },
        acts=("case.assigned",),
        name="case-assignments",
        read="case.read",
        write="case.write",
        area="case__area",
        person="case__person",
        subject="case",
        columns=("case", "task", "assignee", "due_at", "assigned_at"),
        filters=(
            Filter("mine", "我承办的", "Mine", {"holder": "me"}),
            Filter("left", "承办人已离岗", "Of nobody who works here now", {"holder": "nobody"}),
            Filter("late", "逾期未完成", "Overdue", {"due_at__lt": "now", "task": "investigation", "case__investigations__isnull": True}),
        ),
        verb="sizao.registers.cases.assigning:save_assignments",
        group_zh="病例与密接",
        group_en="Cases and contacts",
    )

    class Meta:
        constraints = [natural_key("case_assignment_natural_key"), models.UniqueConstraint(fields=["case", "task"], name="case_task_is_one_person_s")]
        indexes = [models.Index(fields=["holder", "due_at"], name="case_assignment_holder")]
