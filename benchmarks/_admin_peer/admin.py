"""The list of persons: searched by name, filtered by sex and village, newest first, fifty a page as ours."""

from django.contrib import admin

from benchmarks._admin_peer.models import Person, Village


@admin.register(Person)
class Persons(admin.ModelAdmin):
    list_display = ("name", "sex", "birth_date", "phone", "village")
    list_select_related = ("village",)
    list_filter = ("sex", "village")
    list_per_page = 50
    search_fields = ("name",)
    ordering = ("-id",)


admin.site.register(Village)
