"""Paths of the API; fixed by contract with existing clients."""

from django.urls import path, re_path

from api.views import (
    bulk,
    contracts,
    document,
    entities,
    estimates,
    events,
    exports,
    health,
    index,
    metrics,
    ops,
    tasks,
)
from api.views.oversight import anomalies, flags, limits
from api.views.sharing import shares
from api.views.watching import alerts, daily, groups, monitors, receivers, saved

TASKS = "api/v1/data-processing"

urlpatterns = [
    path("api/v1/", index.Index.as_view(), name="index"),
    path(f"{TASKS}/tasks/", tasks.TaskHistory.as_view(), name="task-history"),
    *(
        path(f"{TASKS}/tasks/{kind.replace('_', '/')}/", start.as_view(), name=f"task-{kind}")
        for kind, start in tasks.STARTS.items()
    ),
    *(
        path(f"{TASKS}/tasks/{kind.replace('_', '/')}/estimate/", estimate.as_view(), name=f"estimate-{kind}")
        for kind, estimate in estimates.ESTIMATES.items()
    ),
    path(f"{TASKS}/tasks/status/", tasks.TaskStatus.as_view(), name="task-status"),
    path(f"{TASKS}/tasks/result/", tasks.TaskResult.as_view(), name="task-result"),
    path(f"{TASKS}/tasks/active/", tasks.ActiveTasks.as_view(), name="task-active"),
    path(f"{TASKS}/tasks/cancel/", tasks.CancelTask.as_view(), name="task-cancel"),
    path(f"{TASKS}/tasks/rerun/", tasks.RerunTask.as_view(), name="task-rerun"),
    path(f"{TASKS}/tasks/<uuid:task_id>/", tasks.TaskDetail.as_view(), name="task-detail"),
    path(f"{TASKS}/tasks/<uuid:task_id>/events/", events.TaskEvents.as_view(), name="task-events"),
    path(f"{TASKS}/tasks/<uuid:task_id>/shares/", shares.ShareList.as_view(), name="share-list"),
    path(
        f"{TASKS}/tasks/<uuid:task_id>/shares/<uuid:share_id>/",
        shares.ShareDetail.as_view(),
        name="share-detail",
    ),
    path(f"{TASKS}/shared/<slug:key>/", shares.SharedFile.as_view(), name="shared-file"),
    path(f"{TASKS}/shared/<slug:key>/download/", shares.SharedDownload.as_view(), name="shared-download"),
    path(f"{TASKS}/exports/", exports.ExportList.as_view(), name="export-list"),
    path(f"{TASKS}/exports/<uuid:export_id>/", exports.ExportDetail.as_view(), name="export-detail"),
    path(
        f"{TASKS}/exports/<uuid:export_id>/download/",
        exports.ExportDownload.as_view(),
        name="export-download",
    ),
    path("api/v1/contracts/suggest/", contracts.Suggest.as_view(), name="suggest"),
    path("api/v1/contracts/columns/", contracts.Columns.as_view(), name="columns"),
    path("api/v1/entities/<str:kind>/", entities.EntityDirectory.as_view(), name="entity-directory"),
    path("api/v1/entities/<str:kind>/<str:slug>/", entities.EntityDetail.as_view(), name="entity-detail"),
    path("api/v1/entities/<str:kind>/<str:slug>/alike/", entities.EntityAlike.as_view(), name="entity-alike"),
    # A number may hold slashes that somebody has not escaped.
    path(
        "api/v1/contracts/<str:reference>/<path:award>/",
        contracts.ContractAtAddress.as_view(),
        name="contract-record",
    ),
    path("api/v1/anomalies/", anomalies.Anomalies.as_view(), name="anomaly-list"),
    path("api/v1/flags/", flags.FlagList.as_view(), name="flag-list"),
    path("api/v1/legal-limits/", limits.LegalLimitList.as_view(), name="legal-limits"),
    path("api/v1/datasets/", contracts.DatasetList.as_view(), name="dataset-list"),
    path("api/v1/datasets/current/", contracts.CurrentDataset.as_view(), name="dataset-current"),
    path("api/v1/datasets/figures/", daily.DatasetFigures.as_view(), name="dataset-figures"),
    path("api/v1/datasets/<str:version>/bulk/", bulk.BulkList.as_view(), name="bulk-list"),
    path(
        "api/v1/datasets/<str:version>/bulk/datapackage.json",
        bulk.BulkPackage.as_view(),
        name="bulk-package",
    ),
    path("api/v1/datasets/<str:version>/bulk/<str:name>", bulk.BulkDownload.as_view(), name="bulk-download"),
    path("api/v1/name-groups/", groups.NameGroupList.as_view(), name="name-group-list"),
    path("api/v1/name-groups/<uuid:group_id>/", groups.NameGroupDetail.as_view(), name="name-group-detail"),
    path("api/v1/saved-searches/", saved.SavedSearchList.as_view(), name="saved-search-list"),
    path("api/v1/saved-searches/built-in/", saved.BuiltInSearchList.as_view(), name="saved-search-built-in"),
    path("api/v1/saved-searches/export/", saved.ExportSavedSearches.as_view(), name="saved-search-export"),
    path("api/v1/saved-searches/import/", saved.ImportSavedSearches.as_view(), name="saved-search-import"),
    path(
        "api/v1/saved-searches/shared/<slug:key>/",
        saved.SharedSavedSearch.as_view(),
        name="saved-search-shared",
    ),
    path(
        "api/v1/saved-searches/<uuid:search_id>/",
        saved.SavedSearchDetail.as_view(),
        name="saved-search-detail",
    ),
    path(
        "api/v1/saved-searches/<uuid:search_id>/copy/",
        saved.CopySavedSearch.as_view(),
        name="saved-search-copy",
    ),
    path(
        "api/v1/saved-searches/<uuid:search_id>/use/", saved.UseSavedSearch.as_view(), name="saved-search-use"
    ),
    path(
        "api/v1/saved-searches/<uuid:search_id>/share/",
        saved.ShareSavedSearch.as_view(),
        name="saved-search-share",
    ),
    path("api/v1/monitors/", monitors.MonitorList.as_view(), name="monitor-list"),
    path("api/v1/monitors/<uuid:monitor_id>/", monitors.MonitorDetail.as_view(), name="monitor-detail"),
    path("api/v1/monitors/<uuid:monitor_id>/check/", monitors.CheckMonitor.as_view(), name="monitor-check"),
    path(
        "api/v1/monitors/<uuid:monitor_id>/figures/", daily.MonitorFigures.as_view(), name="monitor-figures"
    ),
    path("api/v1/monitors/<uuid:monitor_id>/feed/", monitors.MonitorFeed.as_view(), name="monitor-feed"),
    path("api/v1/alerts/", alerts.AlertList.as_view(), name="alert-list"),
    path("api/v1/alerts/read/", alerts.ReadAlerts.as_view(), name="alerts-read"),
    path("api/v1/alerts/<uuid:alert_id>/", alerts.AlertDetail.as_view(), name="alert-detail"),
    path("api/v1/alerts/feeds/<slug:feed>/", alerts.AlertFeed.as_view(), name="alert-feed"),
    path("api/v1/alerts/feeds/<slug:feed>/rss/", alerts.RssFeed.as_view(), name="alert-feed-rss"),
    path("api/v1/receivers/", receivers.ReceiverList.as_view(), name="receiver-list"),
    path("api/v1/receivers/<uuid:receiver_id>/", receivers.ReceiverDetail.as_view(), name="receiver-detail"),
    path(
        "api/v1/receivers/<uuid:receiver_id>/secret/",
        receivers.RotateSecret.as_view(),
        name="receiver-secret",
    ),
    path("api/v1/receivers/<uuid:receiver_id>/test/", receivers.TestReceiver.as_view(), name="receiver-test"),
    path(
        "api/v1/receivers/<uuid:receiver_id>/deliveries/",
        receivers.DeliveryList.as_view(),
        name="receiver-deliveries",
    ),
    path(
        "api/v1/receivers/<uuid:receiver_id>/deliveries/<uuid:delivery_id>/replay/",
        receivers.ReplayDelivery.as_view(),
        name="delivery-replay",
    ),
    path("api/v1/ops/verdict/", ops.HowItIs.as_view(), name="ops-verdict"),
    path("api/v1/ops/queues/", ops.Queues.as_view(), name="ops-queues"),
    path("api/v1/ops/workers/", ops.Workers.as_view(), name="ops-workers"),
    path("api/v1/ops/pace/", ops.Pace.as_view(), name="ops-pace"),
    path("api/v1/ops/schedules/", ops.Schedules.as_view(), name="ops-schedules"),
    path("api/v1/ops/dead-letters/", ops.DeadLetterList.as_view(), name="dead-letter-list"),
    path("api/v1/ops/dead-letters/groups/", ops.DeadLetterGroups.as_view(), name="dead-letter-groups"),
    path("api/v1/ops/dead-letters/groups/replay/", ops.ReplayGroup.as_view(), name="dead-group-replay"),
    path("api/v1/ops/dead-letters/groups/discard/", ops.DiscardGroup.as_view(), name="dead-group-discard"),
    path("api/v1/ops/dead-letters/replay/", ops.ReplayDeadLetters.as_view(), name="dead-letters-replay"),
    path("api/v1/ops/dead-letters/discard/", ops.DiscardDeadLetters.as_view(), name="dead-letters-discard"),
    path(
        "api/v1/ops/dead-letters/<int:dead_letter_id>/replay/",
        ops.ReplayDeadLetter.as_view(),
        name="dead-letter-replay",
    ),
    path(
        "api/v1/ops/dead-letters/<int:dead_letter_id>/discard/",
        ops.DiscardDeadLetter.as_view(),
        name="dead-letter-discard",
    ),
    path("api/v1/ops/anomaly-model/", anomalies.TrainModel.as_view(), name="anomaly-model"),
    path("api/v1/ops/old-data/", daily.OldData.as_view(), name="ops-old-data"),
    path("api/v1/ops/datasets/<str:version>/use/", ops.UseDataset.as_view(), name="dataset-use"),
    path("metrics", metrics.Metrics.as_view(), name="metrics"),
    path("health/live", health.Live.as_view(), name="health-live"),
    path("health/ready", health.Ready.as_view(), name="health-ready"),
    path("api/schema/", document.Document.as_view(), name="schema"),
    path("api/docs/", document.DocumentPage.as_view(), name="docs"),
    # Last: what is left of these paths gets a problem, and not a page of the site.
    re_path(r"^(api|health|metrics)(/|$)", index.UnknownPath.as_view()),
]
