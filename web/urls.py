"""Paths of the pages."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path, register_converter

from api.views.entities import EntityDetail
from api.views.entities import EntityDirectory as DirectoryAnswer
from web.pages.alike import AlikePage
from web.pages.anomalies import AnomaliesPage
from web.pages.contract import ContractPage
from web.pages.entities import ByName, DirectoryCsv, DirectoryPage, EntityCsv, EntityPage, KindConverter
from web.pages.limits import LimitsPage
from web.pages.shared import show_shared
from web.pages.sitemaps import SitemapIndex, SitemapSection, robots
from web.saved import Growth, Saved, unsubscribe
from web.search import SearchPage
from web.tokens import RevokeToken, Tokens
from web.views import (
    Analysis,
    Compare,
    Datasets,
    DeadLetters,
    Explorer,
    Flags,
    Groups,
    Help,
    MyTasks,
    Operations,
)

register_converter(KindConverter, "kind")

urlpatterns = [
    path("", Explorer.as_view(), name="explorer"),
    path("search/", SearchPage.as_view(), name="search"),
    path("compare/", Compare.as_view(), name="compare"),
    path("tasks/", MyTasks.as_view(), name="my-tasks"),
    path("operations/", Operations.as_view(), name="operations"),
    path("operations/dead-letters/", DeadLetters.as_view(), name="dead-letters"),
    path("datasets/", Datasets.as_view(), name="datasets"),
    path("tokens/", Tokens.as_view(), name="tokens"),
    path("tokens/revoke/", RevokeToken.as_view(), name="revoke-token"),
    path("saved/", Saved.as_view(), name="saved"),
    path("groups/", Groups.as_view(), name="groups"),
    path("saved/<uuid:monitor_id>/growth/", Growth.as_view(), name="growth"),
    path("shared/<slug:key>/", show_shared, name="shared"),
    path("unsubscribe/<str:token>/", unsubscribe, name="unsubscribe"),
    path("help/", Help.as_view(), name="help"),
    path("flags/", Flags.as_view(), name="flags"),
    path("anomalies/", AnomaliesPage.as_view(), name="anomalies"),
    path("analysis/", Analysis.as_view(), name="analysis"),
    path("limits/", LimitsPage.as_view(), name="limits"),
    path("entity/", ByName.as_view(), name="entity-by-name"),
    path("<kind:kind>/", DirectoryPage.as_view(), name="entities"),
    path("<kind:kind>.csv", DirectoryCsv.as_view(), name="entities-csv"),
    # The API's own answers; its document has them under the API's paths.
    path("<kind:kind>.json", DirectoryAnswer.as_view(schema=None), name="entities-json"),
    path("<kind:kind>/<slug:slug>/", EntityPage.as_view(), name="entity"),
    path("<kind:kind>/<slug:slug>/alike/", AlikePage.as_view(), name="entity-alike-page"),
    path("<kind:kind>/<slug:slug>.csv", EntityCsv.as_view(), name="entity-csv"),
    path("<kind:kind>/<slug:slug>.json", EntityDetail.as_view(schema=None), name="entity-json"),
    path("sitemap.xml", SitemapIndex.as_view(), name="sitemap-index"),
    path("sitemap-<slug:section>.xml", SitemapSection.as_view(), name="sitemap"),
    path("robots.txt", robots, name="robots"),
    path("contracts/<str:reference>/<path:award>/", ContractPage.as_view(), name="contract"),
    path(
        "login/",
        LoginView.as_view(template_name="web/login.html", redirect_authenticated_user=True),
        name="login",
    ),
    path("logout/", LogoutView.as_view(), name="logout"),
]
