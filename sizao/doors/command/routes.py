"""For the commander and the duty desk: where the holes are, and what is decided."""

from django.utils.translation import gettext_noop as _

from sizao.doors.kit.routes import Place, Route

ROUTES = (
    Route("overview", "", "command.overview.overview", "post", "plan.read", "query"),
    Route("map-shapes", "map/shapes.json", "command.overview.shapes", "post", "plan.read", "query"),
    Route("measure", "measure/<str:measure>", "command.measure.measure", "post", "plan.read", "query", reads_persons=True),
    Route("listed", "list", "command.listed.listed", "post", "plan.read", "query", reads_persons=True),
    Route("duty", "duty", "command.listed.duty", "post", "plan.read", "query", reads_persons=True),
    Route("situation", "situation", "command.situation.situation", "post", "plan.read", "query"),
    Route("situation-file", "situation/<slug:panel>.<slug:sent_as>", "command.situation.file", "post", "plan.read", "query"),
    Route("grades", "grades", "command.grades.board", "post", "plan.read", "query"),
    Route("grade", "grades/area", "command.grades.area_page", "post", "plan.read", "query"),
    Route("grade-affected", "grades/affected", "command.grades.affected", "post", "plan.read", "query", reads_persons=True),
    Route("grade-course", "grades/course.csv", "command.grades.course_file", "post", "plan.read", "query"),
    Route("grade-sign", "grades/sign", "command.grades.sign", "post", "grade.sign", "query", methods=("POST",)),
    Route("grade-rules", "grades/rules", "command.grade_rules.rules", "post", "plan.read"),
    Route("grade-enact", "grades/rules/enact", "command.grade_rules.enact", "post", "content.enact", methods=("POST",)),
    Route("plans", "plan", "command.plan_list.plans", "post", "plan.read"),
    Route("plan-diff", "plan/diff", "command.plan_diff.diff", "post", "plan.read", "query"),
    Route("plan-whom", "plan/whom", "command.plan_diff.whom_page", "post", "plan.read", "query", reads_persons=True),
    Route("plan-replay", "plan/replay", "command.plan_replay.replayed", "post", "plan.read", "query"),
    Route("plan-edition", "plan/<str:edition>", "command.plan_edition.edition", "post", "plan.read"),
    Route("plan-scenarios", "plan/<str:edition>/scenarios", "command.plan_edition.scenarios", "post", "plan.read", methods=("POST",)),
    Route("plan-enact", "plan/<str:edition>/enact", "command.plan_enact.enact", "post", "content.enact", "query", methods=("GET", "POST")),
    Route("plan-second", "plan/<str:edition>/second", "command.plan_enact.second", "post", "content.enact", methods=("POST",)),
    Route("plan-withdraw", "plan/<str:edition>/withdraw", "command.plan_enact.withdraw", "post", "content.enact", methods=("POST",)),
    Route("publish", "publish", "command.publish.board", "post", "text.write", "query"),
    Route("publish-prepare", "publish/prepare", "command.publish.prepare", "post", "text.write", "query", methods=("POST",)),
    Route("publish-draft", "publish/<slug:code>", "command.publish.draft", "post", "text.write", "subject"),
    Route("publish-sign", "publish/<slug:code>/sign", "command.publish.sign", "post", "text.write", "subject", methods=("POST",)),
    Route("publish-recall", "publish/<slug:code>/recall", "command.publish.recall", "post", "text.write", "subject", methods=("POST",)),
    Route("publish-drop", "publish/<slug:code>/drop", "command.publish.drop", "post", "text.write", "subject", methods=("POST",)),
)

PLACES = (
    Place("overview", _("Overview"), "plan.read", "command", ("measure", "listed")),
    Place("duty", _("Duty screen"), "plan.read", "command"),
    Place("situation", _("Situation"), "plan.read", "command", ("situation-",)),
    Place("grades", _("Grades"), "plan.read", "command", ("grade",)),
    Place("plans", _("Plans"), "plan.read", "command", ("plan-",)),
    Place("publish", _("Publishing"), "text.write", "command", ("publish-",)),
)
