"""The addresses of the doors that this process opens."""

from django.conf import settings

from sizao.doors import policy

urlpatterns = policy.urlpatterns(settings.DOORS)
