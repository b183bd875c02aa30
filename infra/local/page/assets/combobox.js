// A text field with a list of options under or above it: an ARIA combobox, used by keyboard or mouse.

import { h, newId } from "./dom.js";

/**
 * Ties `field` to a new list, which is `list` of the result. `offer(options)` opens it, `close()` closes it.
 * `show(option)` returns the content of a row, `choose(option)` is called with the chosen one, and `accepts(key)` says
 * which keys choose the marked one.
 */
export function combobox(field, { label, show, choose, accepts }) {
  const id = newId();
  const list = h("ul", { class: "menu", role: "listbox", id, "aria-label": label, hidden: true });
  for (const [name, value] of Object.entries({ role: "combobox", autocomplete: "off", "aria-expanded": "false", "aria-autocomplete": "list", "aria-controls": id })) {
    field.setAttribute(name, value);
  }
  let options = [];
  let active = -1;

  const close = () => {
    list.hidden = true;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  };
  const mark = (index) => {
    active = index;
    [...list.children].forEach((item, at) => item.setAttribute("aria-selected", String(at === index)));
    if (!options[index]) return;
    field.setAttribute("aria-activedescendant", `${id}-${index}`);
    list.children[index].scrollIntoView({ block: "nearest" });
  };
  const take = (option) => {
    close();
    choose(option);
  };
  const row = (option, at) =>
    h("li", { role: "option", id: `${id}-${at}`, on: { mousedown: (event) => event.preventDefault(), click: () => take(option) } }, show(option));
  const offer = (offered, nothing = "") => {
    options = offered;
    if (!options.length && !nothing) return close();
    list.replaceChildren(...(options.length ? options.map(row) : [h("li", { class: "empty" }, nothing)]));
    list.hidden = false;
    field.setAttribute("aria-expanded", "true");
    mark(options.length ? 0 : -1);
  };

  field.addEventListener("blur", close);
  field.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && options.length) mark((active + step + options.length) % options.length);
    else if (accepts(event.key) && options[active]) take(options[active]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  });
  return { list, offer, close };
}
