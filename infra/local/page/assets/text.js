// Text nodes as `infra/local/page/text.py` describes them.

import { h } from "./dom.js";

const STYLES = { bold: "strong", italic: "em", strike: "s" };

/** `follow` is called with the address of a link to a message of this workspace. */
export function showText(nodes, follow) {
  return nodes.map((node) => showNode(node, follow));
}

function showNode(node, follow) {
  switch (node.kind) {
    case "text":
      return document.createTextNode(node.text);
    case "style":
      return h(STYLES[node.style], {}, showText(node.nodes, follow));
    case "ping":
      return h("span", { class: node.own ? "ping ping-own" : "ping" }, node.text);
    case "link":
      return showLink(node, follow);
    case "code":
      return h("code", {}, node.text);
    case "preformatted":
      return h("pre", {}, node.text);
    case "quote":
      return h("blockquote", {}, showText(node.nodes, follow));
    default:
      return h("span", { class: "label" }, node.text);
  }
}

function showLink(node, follow) {
  const here = messageAddress(node.target);
  const open = (event) => {
    if (!here) return;
    event.preventDefault();
    follow(here);
  };
  return h("a", { href: node.target, target: "_blank", rel: "noopener noreferrer", on: { click: open } }, node.text);
}

/** The channel and message of a link to a message of the local workspace; null for any other link. */
export function messageAddress(target) {
  const found = /^https:\/\/local\.slack\.com\/archives\/(\w+)\/p(\d+)(\d{6})(?:\?thread_ts=([\d.]+))?/.exec(target);
  return found && { channel: found[1], ts: `${found[2]}.${found[3]}`, thread: found[4] ?? "" };
}
