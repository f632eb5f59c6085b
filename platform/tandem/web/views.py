"""Pages of the look itself: an association's stylesheet, the choice of theme and language, the style guide."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app, redirect, render_template, request
from flask.typing import ResponseReturnValue

from tandem.web import cookies
from tandem.web.assets import cacheable
from tandem.web.branding import brand_digest, brand_stylesheet
from tandem.web.context import THEMES, current_association, current_viewer, hooks
from tandem.web.redirects import safe_target
from tandem.web.style_guide import sample_page

blueprint = Blueprint("web", __name__, template_folder="templates")


@blueprint.get("/brand/<digest>.css")
def brand(digest: str) -> ResponseReturnValue:
    """The association's own stylesheet; an address from before a change leads to the present one."""
    association = current_association()
    if association.brand_url is None:
        abort(404)
    present = brand_digest(association.brand)
    if digest != present:
        answer = redirect(association.brand_url, 302)
        answer.headers["Cache-Control"] = "no-store"
        return answer
    return cacheable(brand_stylesheet(association.brand).encode(), "text/css", etag=present)


@blueprint.post("/theme")
def theme() -> ResponseReturnValue:
    """Keep light or dark, or follow the device again; back to the page it was chosen on."""
    return _keep("theme", cookies.THEME, request.form.get("theme", ""), (*THEMES, ""))


@blueprint.post("/language")
def language() -> ResponseReturnValue:
    """Keep a language of the association; back to the page it was chosen on."""
    return _keep("language", cookies.LANGUAGE, request.form.get("language", ""), current_association().languages)


def _keep(what: str, cookie: str, value: str, allowed: tuple[str, ...]) -> ResponseReturnValue:
    if value not in allowed:
        abort(422)
    response: Response = redirect(safe_target(request.form.get("next")), 303)  # type: ignore[assignment]
    if value:
        cookies.set_cookie(response, cookie, value)
    else:
        cookies.delete_cookie(response, cookie)
    if current_viewer() is not None:
        hooks().save_choice(what, value)
    return response


@blueprint.get("/style-guide")
@blueprint.get("/style-guide/<page>")
def style_guide(page: str = "components") -> ResponseReturnValue:
    """Every component with sample content. Only for those who develop."""
    if current_app.config["TANDEM_ENV"] not in {"development", "test"}:
        abort(404)
    sample = sample_page(page)
    if sample is None:
        abort(404)
    return render_template(sample.template, **sample.values)
