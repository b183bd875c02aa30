// A button that opens a menu, used by keyboard or mouse. Escape closes it, and so does leaving it.

import { h } from "./dom.js";

/**
 * `look` has the attributes of the button, and `sign` is what it shows. Each item has `shown`, its content, and
 * `choose(control)`, what it does; one with a `target` is a link that also opens this address.
 */
export function menu(look, sign, items) {
  const button = h("summary", { class: "button", ...look }, sign);
  const row = (item) => {
    const choose = (event) => {
      opened.open = false;
      button.focus();
      item.choose(event.currentTarget);
    };
    if (!item.target) return h("button", { type: "button", on: { click: choose } }, item.shown);
    return h("a", { href: item.target, target: "_blank", rel: "noopener noreferrer", on: { click: choose } }, item.shown);
  };
  const opened = h("details", { class: "overflow" }, button, h("div", { class: "menu" }, items.map(row)));
  opened.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !opened.open) return;
    event.stopPropagation();
    opened.open = false;
    button.focus();
  });
  opened.addEventListener("toggle", () => opened.open && opened.lastChild.scrollIntoView({ block: "nearest" }));
  opened.addEventListener("focusout", (event) => {
    if (!opened.contains(event.relatedTarget)) opened.open = false;
  });
  return opened;
}
