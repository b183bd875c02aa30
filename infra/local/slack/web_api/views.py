"""The views.* methods: open, push, update and publish views."""

import copy
from typing import Any

from infra.local.slack.client.fields import initial_values, input_elements
from infra.local.slack.validation.blocks import HOME, MODAL
from infra.local.slack.validation.views import check_view, too_large
from infra.local.slack.web_api.arguments import Args, Refused, refused_with_findings
from infra.local.slack.web_api.context import ApiContext
from infra.local.slack.web_api.json_format import view_json
from infra.local.slack.workspace import Json, Trigger, View


def open_view(context: ApiContext, args: Args) -> Json:
    trigger = _exchange(context, args)
    view = checked(args.structure("view", "invalid_arguments"), MODAL)
    return {"view": view_json(context.workspace, start_stack(context, trigger.user_id, view))}


def push_view(context: ApiContext, args: Args) -> Json:
    """Only a trigger from inside the open modal can push a view."""
    trigger = _exchange(context, args)
    definition = checked(args.structure("view", "invalid_arguments"), MODAL)
    stack = context.workspace.view_stacks.get(trigger.user_id, [])
    if trigger.in_view not in {view.id for view in stack}:
        raise Refused("not_found")
    return {"view": view_json(context.workspace, push(context, trigger.user_id, definition))}


def update_view(context: ApiContext, args: Args) -> Json:
    view = _named(context, args)
    if args.given("hash") and args.text("hash") != view.hash:
        raise Refused("hash_conflict")
    replace(context, view, checked(args.structure("view", "invalid_arguments"), view.type))
    return {"view": view_json(context.workspace, view)}


def publish_view(context: ApiContext, args: Args) -> Json:
    user_id = args.required("user_id")
    if user_id not in context.workspace.users:
        raise Refused("user_not_found")
    definition = checked(args.structure("view", "invalid_arguments"), HOME)
    shown = context.workspace.homes.get(user_id)
    if shown is None:
        shown = _new_view(context, user_id, definition)
        context.workspace.homes[user_id] = shown
    elif args.given("hash") and args.text("hash") != shown.hash:
        raise Refused("hash_conflict")
    else:
        replace(context, shown, definition)
    return {"view": view_json(context.workspace, shown)}


def _exchange(context: ApiContext, args: Args) -> Trigger:
    """A trigger is used up by its first call, even if that fails."""
    trigger = context.workspace.triggers.get(args.required("trigger_id", "invalid_trigger_id"))
    if trigger is None:
        raise Refused("invalid_trigger_id")
    if trigger.used:
        raise Refused("exchanged_trigger_id")
    if context.workspace.clock() - trigger.created_at > context.limits.trigger_seconds:
        raise Refused("expired_trigger_id")
    trigger.used = True
    return trigger


def _named(context: ApiContext, args: Args) -> View:
    if args.given("view_id") == args.given("external_id"):
        raise refused_with_findings("invalid_arguments", ["exactly one of view_id or external_id"])
    view = context.workspace.view_by_id(args.text("view_id"))
    external = args.text("external_id")
    for stack in context.workspace.view_stacks.values() if external else ():
        view = next((v for v in stack if v.external_id == external), view)
    if view is None:
        raise Refused("not_found")
    return view


def checked(definition: Any, surface: str) -> Json:
    if too_large(definition):
        raise Refused("view_too_large")
    findings = check_view(definition, surface)
    if findings:
        raise refused_with_findings("invalid_arguments", findings)
    return dict(definition)


def start_stack(context: ApiContext, user_id: str, definition: Json) -> View:
    view = _new_view(context, user_id, definition)
    view.root_view_id = view.id
    context.workspace.view_stacks[user_id] = [view]
    return view


def push(context: ApiContext, user_id: str, definition: Json) -> View:
    stack = context.workspace.view_stacks[user_id]
    if len(stack) >= context.limits.views_on_stack:
        raise Refused("push_limit_reached")
    view = _new_view(context, user_id, definition)
    view.root_view_id, view.previous_view_id = stack[0].id, stack[-1].id
    stack.append(view)
    return view


def _new_view(context: ApiContext, user_id: str, definition: Json) -> View:
    view = View(
        id=context.workspace.new_id("V"), user_id=user_id, type=definition["type"], title=None, blocks=[], hash=""
    )
    replace(context, view, definition)
    return view


def replace(context: ApiContext, view: View, definition: Json) -> None:
    """Values are kept where block_id and action_id stay the same. Initial values of added fields are not reported."""
    _take_external_id(context, view, definition.get("external_id", ""))
    definition = copy.deepcopy(definition)
    view.title = definition.get("title")
    view.submit_button, view.close_button = definition.get("submit"), definition.get("close")
    view.blocks = context.workspace.with_ids(definition["blocks"])
    view.callback_id = definition.get("callback_id", "")
    view.private_metadata = definition.get("private_metadata", "")
    view.clear_on_close = definition.get("clear_on_close", False)
    view.notify_on_close = definition.get("notify_on_close", False)
    fields = {(block["block_id"], element["action_id"]) for block, element in input_elements(view.blocks)}
    if view.hash:  # It was shown before.
        view.unreported |= {at for at in fields if at[1] not in view.values.get(at[0], {})}
    view.unreported &= fields
    view.hash = f"{context.workspace.new_ts().partition('.')[0]}.{context.workspace.number():08x}"
    view.values = initial_values(view.blocks, view.values)
    view.errors = {}


def _take_external_id(context: ApiContext, view: View, wanted: str) -> None:
    if wanted and wanted != view.external_id:
        if wanted in context.workspace.external_ids:
            raise Refused("duplicate_external_id")
        context.workspace.external_ids.add(wanted)
    view.external_id = wanted


METHODS = {"views.open": open_view, "views.push": push_view, "views.update": update_view, "views.publish": publish_view}
