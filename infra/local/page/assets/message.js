// A message as `infra/local/page/screen.py` describes it.

import { showBlocks } from "./blocks.js";
import { h } from "./dom.js";
import { showText } from "./text.js";

/**
 * `host` is what its blocks need. `openThread` opens its thread; without it, its replies are not named. `controls` are
 * elements of the page beside the sender's name.
 */
export function showMessage(message, host, { openThread = null, controls = [] } = {}) {
  const marks = [
    message.bot ? h("span", { class: "badge" }, "App") : null,
    h("span", { class: "at" }, message.at),
    message.edited ? h("span", { class: "at" }, "(edited)") : null,
  ];
  const replies = message.replies === 1 ? "1 reply" : `${message.replies} replies`;
  return h(
    "article",
    { class: message.ephemeral ? "message ephemeral" : "message", "data-ts": message.ts, tabindex: "-1", "aria-label": `${message.sender}, ${message.at}` },
    message.ephemeral ? h("p", { class: "note" }, "Only visible to you") : null,
    message.broadcast ? h("p", { class: "note" }, "Also sent to the channel") : null,
    h("header", {}, h("strong", {}, message.sender), marks, controls),
    message.text.length ? h("p", { class: "block" }, showText(message.text, host.follow)) : null,
    showBlocks(message.blocks, host),
    openThread && message.replies ? h("button", { type: "button", class: "replies", "data-action": "replies", on: { click: openThread } }, replies) : null,
  );
}
