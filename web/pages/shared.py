"""The page at a link to a file, and the one that stands where a file cannot be opened."""

from __future__ import annotations

import json
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from api.problems import MEDIA_TYPE
from api.views.sharing.shares import VISITOR
from data_processing.errors import Expired, NotFound, ShareEnded
from data_processing.outputs import shares
from web.pages.public import explain

DOWNLOAD = "/download/"
FOREIGN = (
    "There is no such file, or it is somebody else's: a file is open to whoever made it, in the browser or "
    "with the account that it was made with."
)
ASK = "Whoever sent you the address can share the file by a link, under My tasks, and send you that."
ASK_AGAIN = "Whoever sent it to you can make another one, or make the file again."
HEADINGS = {
    401: "You have to sign in for this file",
    404: "This file is not open to you",
    410: "This file is gone",
}


def show_shared(request: HttpRequest, key: str) -> HttpResponseBase:
    """What a link opens: the file's facts and a button. Whoever has the link need not sign in."""
    try:
        share = shares.open_share(key)
    except NotFound as error:
        response = explain(request, 404, "This link opens nothing", f"{str(error).capitalize()}.")
    except (ShareEnded, Expired) as error:
        response = explain(request, 410, "This link has ended", f"{str(error).capitalize()}.", ASK_AGAIN)
    else:
        made_by = share.made_by or VISITOR
        context = {"share": share, "file": share.export, "made_by": made_by}
        response = render(request, "web/shared.html", context)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def explain_refused_files(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[..., object]:
    """Middleware that shows a page to people whose browser was led to a file that it does not get; programs
    get the problem."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        refused = response.headers.get("Content-Type") == MEDIA_TYPE and request.path.endswith(DOWNLOAD)
        if not refused or "text/html" not in request.headers.get("Accept", ""):
            return response
        return _explain_problem(request, response)

    return answer


def _explain_problem(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    status = response.status_code
    detail = json.loads(getattr(response, "content", b"{}"))["detail"]
    sentences = (FOREIGN, ASK) if status == 404 else (f"{detail.rstrip('.').capitalize()}.",)
    page = explain(request, status, HEADINGS.get(status, "This file cannot be had now"), *sentences)
    for name, value in response.headers.items():
        if not name.startswith("Content-"):
            page.headers[name] = value
    return page
