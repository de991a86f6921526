"""The page on which users make, see and revoke their API tokens. It is whole without JavaScript."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from api.access.tokens import MOST_TOKENS, list_tokens, make_token, revoke_token
from api.models import LONGEST_NAME, READ, SCOPES
from web.views import Page

USUAL_DAYS = 90


class TokenForm(forms.Form):
    """What somebody wants a token for."""

    name = forms.CharField(
        max_length=LONGEST_NAME, error_messages={"required": "Say what it is for: it helps to tell it later."}
    )
    scopes = forms.MultipleChoiceField(
        choices=list(SCOPES.items()), error_messages={"required": "Choose what it may do."}
    )
    days = forms.IntegerField(min_value=1)

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = user

    def clean_days(self) -> int:
        days = int(self.cleaned_data["days"])
        # Here and not at the field, which is made before tests change settings.
        if days > settings.TOKEN_MAX_DAYS:
            raise forms.ValidationError(f"At most {settings.TOKEN_MAX_DAYS} days.")
        return days

    def clean(self) -> dict[str, Any]:
        if list_tokens(self._user).count() >= MOST_TOKENS:
            raise forms.ValidationError(f"You have {MOST_TOKENS} tokens: revoke one that you need no more.")
        return self.cleaned_data


# Kept by nobody on the way: one of the answers holds a token.
@method_decorator(never_cache, name="dispatch")
class Tokens(Page):
    """One's own tokens; POST makes one, and shows it this once."""

    template_name = "web/tokens.html"
    signed_in_only = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = cast(User, self.request.user)
        rows = [
            (token, token.expiry is not None and token.expiry < timezone.now()) for token in list_tokens(user)
        ]
        given = {"scopes": SCOPES, "most_days": settings.TOKEN_MAX_DAYS, "days": USUAL_DAYS, "chosen": [READ]}
        return super().get_context_data(tokens=rows, **{**given, **kwargs})

    def post(self, request: HttpRequest) -> HttpResponse:
        user = cast(User, request.user)
        form = TokenForm(user, request.POST)
        if not form.is_valid():
            kept = {"name": form.data.get("name", ""), "days": form.data.get("days", "")}
            context = self.get_context_data(form=form, chosen=request.POST.getlist("scopes"), **kept)
            return render(request, self.template_name, context, status=400)
        token = make_token(user, **form.cleaned_data)
        # Not after a redirect, which would have to carry it, in an address or a row.
        return render(request, self.template_name, self.get_context_data(made=token), status=201)


class RevokeToken(Page):
    """Ends a token at once."""

    signed_in_only = True
    http_method_names = ("post",)

    def post(self, request: HttpRequest) -> HttpResponseBase:
        # One that is gone already is what was asked for.
        revoke_token(cast(User, request.user), request.POST.get("token", "")[:25].replace("\x00", ""))
        return HttpResponseRedirect(reverse("tokens"))
