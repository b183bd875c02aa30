// The field for messages and commands, with a list of commands while somebody types one.

import { h, newId } from "./dom.js";

/** `send` is given the text. */
export function composer(commands, send) {
  const listId = newId();
  const field = h("textarea", {
    rows: "1",
    "aria-label": "Message or command",
    placeholder: "Message, or / for commands",
    role: "combobox",
    "aria-expanded": "false",
    "aria-autocomplete": "list",
    "aria-controls": listId,
    autocomplete: "off",
  });
  const list = h("ul", { class: "menu commands", role: "listbox", id: listId, "aria-label": "Commands", hidden: true });
  let offered = [];
  let active = 0;

  const close = () => {
    list.hidden = true;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  };
  const mark = (index) => {
    active = index;
    [...list.children].forEach((item, at) => item.setAttribute("aria-selected", String(at === index)));
    field.setAttribute("aria-activedescendant", `${listId}-${index}`);
    list.children[index]?.scrollIntoView({ block: "nearest" });
  };
  const choose = (command) => {
    field.value = command.hint ? `${command.text} ` : command.text;
    close();
    field.focus();
  };
  const offer = () => {
    const typed = field.value;
    offered = typed.startsWith("/") ? commands.filter((command) => command.text.startsWith(typed) && command.text !== typed) : [];
    if (!offered.length) return close();
    list.replaceChildren(
      ...offered.map((command, at) =>
        h(
          "li",
          { role: "option", id: `${listId}-${at}`, on: { mousedown: (event) => event.preventDefault(), click: () => choose(command) } },
          h("strong", {}, command.text),
          command.hint ? ` ${command.hint}` : "",
          h("span", { class: "hint" }, command.description),
        ),
      ),
    );
    list.hidden = false;
    field.setAttribute("aria-expanded", "true");
    mark(0);
  };
  const submit = () => {
    const text = field.value.trim();
    if (!text) return;
    field.value = "";
    close();
    send(text);
  };
  field.addEventListener("input", offer);
  field.addEventListener("blur", close);
  field.addEventListener("keydown", (event) => {
    if (!list.hidden && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      mark((active + (event.key === "ArrowDown" ? 1 : -1) + offered.length) % offered.length);
    } else if (!list.hidden && event.key === "Tab") {
      event.preventDefault();
      choose(offered[active]);
    } else if (!list.hidden && event.key === "Escape") {
      close();
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      submit();
    }
  });
  return h(
    "form",
    {
      class: "composer",
      on: {
        submit: (event) => {
          event.preventDefault();
          submit();
        },
      },
    },
    list,
    field,
    h("button", { type: "submit", class: "button primary" }, "Send"),
  );
}
