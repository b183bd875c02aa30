// The field for messages and commands, with a list of commands while somebody types one.

import { combobox } from "./combobox.js";
import { h } from "./dom.js";

/** `send` is given the text. `commands` is empty where Slack takes none: in threads. */
export function composer(commands, send) {
  const look = commands.length
    ? { "aria-label": "Message or command", placeholder: "Message, or / for commands" }
    : { "aria-label": "Message", placeholder: "Message" };
  const field = h("textarea", { rows: "1", ...look });
  const suggested = combobox(field, {
    label: "Commands",
    show: (command) => [h("strong", {}, command.text), command.hint ? ` ${command.hint}` : "", h("span", { class: "hint" }, command.description)],
    choose: (command) => {
      field.value = command.hint ? `${command.text} ` : command.text;
      field.focus();
    },
    accepts: (key) => key === "Tab",
  });
  suggested.list.classList.add("commands");
  const submit = () => {
    const text = field.value.trim();
    if (!text) return;
    field.value = "";
    suggested.close();
    send(text);
  };
  field.addEventListener("input", () => {
    const typed = field.value;
    const fits = (command) => typed.startsWith("/") && command.text.startsWith(typed) && command.text !== typed;
    suggested.offer(commands.filter(fits));
  });
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    submit();
  });
  const sendForm = (event) => {
    event.preventDefault();
    submit();
  };
  return h("form", { class: "composer", on: { submit: sendForm } }, suggested.list, field, h("button", { type: "submit", class: "button primary" }, "Send"));
}
