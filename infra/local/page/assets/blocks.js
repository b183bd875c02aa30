// Blocks and their elements as `infra/local/page/blocks.py` describes them.

import { combobox } from "./combobox.js";
import { h, newId } from "./dom.js";
import { menu } from "./menu.js";
import { messageAddress, showText } from "./text.js";

const ROWS_SHOWN = 10;

/**
 * Shows blocks. `host` has `follow(address)`, `use(element, value, control)` for what the bot is told of,
 * `change(element, value)` for fields that wait for a submission, and `suggest(element, query)`.
 */
export function showBlocks(blocks, host) {
  return blocks.map((block) => showBlock(block, host));
}

function showBlock(block, host) {
  const text = (nodes) => showText(nodes ?? [], host.follow);
  switch (block.kind) {
    case "header":
      return h("h3", { class: "block block-header" }, text(block.text));
    case "divider":
      return h("hr", { class: "block" });
    case "section":
      return h(
        "div",
        { class: "block block-section" },
        h(
          "div",
          { class: "section-text" },
          block.text.length ? h("p", {}, text(block.text)) : null,
          block.fields.length ? h("div", { class: "fields" }, block.fields.map((field) => h("p", {}, text(field)))) : null,
        ),
        block.accessory ? h("div", { class: "accessory" }, showElement(block.accessory, host)) : null,
      );
    case "context":
      return h("p", { class: "block block-context" }, block.parts.map((part) => h("span", { class: "part" }, text(part))));
    case "actions":
    case "context_actions":
      return h("div", { class: "block block-actions" }, block.elements.map((element) => showElement(element, host)));
    case "image":
      return h("p", { class: "block block-image" }, `Image: ${block.text}`);
    case "input":
      return showInput(block, host);
    case "rich_text":
      return h("div", { class: "block block-rich" }, block.parts.map((part) => showPart(part, text)));
    case "markdown":
      return h("p", { class: "block" }, block.text);
    case "table":
    case "data_table":
      return showTable(block, text);
    case "card":
      return h(
        "div",
        { class: "block block-card" },
        block.title ? h("h3", {}, text(block.title)) : null,
        block.subtitle ? h("p", { class: "block-context" }, text(block.subtitle)) : null,
        block.body ? h("p", {}, text(block.body)) : null,
        h("div", { class: "block-actions" }, block.elements.map((element) => showElement(element, host))),
      );
    case "container":
      return showContainer(block, host, text);
    case "carousel":
      return h("div", { class: "block block-carousel", tabindex: "0" }, showBlocks(block.blocks, host));
    case "alert":
      return h("p", { class: `block block-alert alert-${block.level}`, role: "note" }, text(block.text));
    default:
      return h("p", { class: "block unknown" }, block.text);
  }
}

function showPart(part, text) {
  switch (part.kind) {
    case "quote":
      return h("blockquote", {}, text(part.nodes));
    case "preformatted":
      return h("pre", {}, text(part.nodes));
    case "list":
      return h(part.ordered ? "ol" : "ul", {}, part.items.map((item) => h("li", {}, text(item))));
    default:
      return h("p", {}, text(part.nodes));
  }
}

function showContainer(block, host, text) {
  const inner = showBlocks(block.blocks, host);
  const head = [block.title ? h("strong", {}, text(block.title)) : null, block.subtitle ? h("span", { class: "block-context" }, text(block.subtitle)) : null];
  if (!block.collapsible) return h("div", { class: "block block-card" }, head, inner);
  return h("details", { class: "block block-card", open: !block.collapsed }, h("summary", {}, head), inner);
}

function showTable(block, text) {
  const [head, ...rows] = block.rows;
  const body = h("tbody");
  const turn = h("div", { class: "block-actions" });
  const size = Math.max(block.kind === "data_table" ? Math.min(block.page_size, ROWS_SHOWN) : rows.length, 1);
  let first = 0;
  const cell = (nodes, column) =>
    column === block.head_column ? h("th", { scope: "row" }, text(nodes)) : h("td", {}, text(nodes));
  const show = () => {
    body.replaceChildren(...rows.slice(first, first + size).map((row) => h("tr", {}, row.map(cell))));
    const go = (by) => () => {
      first += by;
      show();
    };
    const range = `${first + 1} to ${Math.min(first + size, rows.length)} of ${rows.length}`;
    const buttons = [
      h("button", { type: "button", disabled: first === 0, on: { click: go(-size) } }, "Previous"),
      h("span", {}, range),
      h("button", { type: "button", disabled: first + size >= rows.length, on: { click: go(size) } }, "Next"),
    ];
    turn.replaceChildren(...(rows.length > size ? buttons : []));
  };
  show();
  const table = h(
    "table",
    {},
    block.caption ? h("caption", {}, block.caption) : null,
    h("thead", {}, h("tr", {}, head.map((nodes) => h("th", { scope: "col" }, text(nodes))))),
    body,
  );
  return h("div", { class: "block block-table" }, h("div", { class: "scroll", tabindex: "0", role: "group" }, table), turn);
}

function showInput(block, host) {
  const id = newId();
  const hint = block.hint ? h("p", { class: "hint", id: `${id}-hint` }, block.hint) : null;
  const error = block.error ? h("p", { class: "error", id: `${id}-error`, role: "alert" }, block.error) : null;
  const described = [error && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(" ");
  const control = showElement(block.element, host, { id, described, required: !block.optional, invalid: Boolean(error) });
  const label = [block.label, block.optional ? h("span", { class: "optional" }, " (optional)") : null];
  const several = block.element.kind === "choices";
  return h(
    several ? "fieldset" : "div",
    { class: "block block-input", "aria-describedby": several && described ? described : null },
    several ? h("legend", {}, label) : h("label", { for: id }, label),
    control,
    hint,
    error,
  );
}

// ---------------------------------------------------------------- elements

/** `field` has the attributes that tie a control to its label, hint and error. */
export function showElement(element, host, field = {}) {
  const attributes = {
    id: field.id,
    "aria-describedby": field.described || null,
    "aria-invalid": field.invalid ? "true" : null,
    "aria-required": field.required ? "true" : null,
    "data-action": element.action,
    "data-block": element.block,
  };
  switch (element.kind) {
    case "button":
      return showButton(element, host, attributes);
    case "overflow":
      return showOverflow(element, host, attributes);
    case "text_input":
      return showTextInput(element, host, attributes);
    case "choices":
      return showChoices(element, host, attributes);
    case "select":
      return element.external ? showTypeahead(element, host, attributes) : showSelect(element, host, attributes);
    case "image":
      return h("span", { class: "label" }, `[${element.text}]`);
    default:
      return h("span", { class: "unknown" }, element.text);
  }
}

function showButton(element, host, attributes) {
  const look = { ...attributes, class: `button ${element.style}`, "aria-label": element.description || null };
  const press = (event) => {
    const here = messageAddress(element.target);
    if (here) event.preventDefault();
    if (here) host.follow(here);
    host.use(element, null, event.currentTarget);
  };
  if (element.target) {
    const link = { href: element.target, target: "_blank", rel: "noopener noreferrer" };
    return h("a", { ...look, ...link, on: { click: press } }, element.label);
  }
  return h("button", { ...look, type: "button", on: { click: press } }, element.label);
}

function showOverflow(element, host, attributes) {
  const item = (option) => ({
    shown: option.text,
    target: option.target,
    choose: (control) => host.use(element, option.value, control),
  });
  return menu({ ...attributes, "aria-label": "More actions" }, "⋯", element.options.map(item));
}

function showTextInput(element, host, attributes) {
  const look = { ...attributes, placeholder: element.placeholder || null, autocomplete: "off" };
  const control = element.multiline
    ? h("textarea", { ...look, rows: "3" })
    : h("input", { ...look, type: element.type === "number" ? "text" : element.type, inputmode: element.type === "number" ? "decimal" : null });
  control.value = element.value;
  control.addEventListener("change", () => host.change(element, control.value));
  if (element.focus) control.dataset.focus = "";
  return control;
}

function showChoices(element, host, attributes) {
  const chosen = new Set(element.value.map((option) => option.value));
  const name = newId();
  const tell = () => {
    const picked = [...list.querySelectorAll("input:checked")].map((box) => box.value);
    host.change(element, element.many ? picked : (picked[0] ?? ""));
  };
  const list = h(
    "div",
    { class: "choices", role: "group", "data-action": attributes["data-action"], id: attributes.id },
    element.options.map((option) =>
      h(
        "label",
        {},
        h("input", {
          type: element.many ? "checkbox" : "radio",
          name,
          value: option.value,
          checked: chosen.has(option.value),
          on: { change: tell },
        }),
        h("span", {}, option.text, option.description ? h("span", { class: "hint" }, ` ${option.description}`) : null),
      ),
    ),
  );
  return list;
}

function showSelect(element, host, attributes) {
  const chosen = new Set(element.value.map((option) => option.value));
  const offered = (option) => h("option", { value: option.value, selected: chosen.has(option.value) }, option.text);
  const groups = [...new Set(element.options.map((option) => option.group))];
  const control = h(
    "select",
    { ...attributes, multiple: element.many },
    element.many ? null : h("option", { value: "" }, element.placeholder || "Select an option"),
    groups.map((group) => {
      const options = element.options.filter((option) => option.group === group).map(offered);
      return group ? h("optgroup", { label: group }, options) : options;
    }),
  );
  control.addEventListener("change", () => {
    const picked = [...control.selectedOptions].map((option) => option.value).filter(Boolean);
    host.change(element, element.many ? picked : (picked[0] ?? ""));
  });
  return control;
}

/** A text field with a list of what the bot suggests. */
function showTypeahead(element, host, attributes) {
  const control = h("input", { ...attributes, type: "text", placeholder: element.placeholder || null });
  control.value = element.value[0]?.text ?? "";
  if (element.focus) control.dataset.focus = "";
  const suggested = combobox(control, {
    label: "Suggestions",
    show: (option) => option.text,
    choose: (option) => {
      control.value = option.text;
      host.change(element, option.value);
    },
    accepts: (key) => key === "Enter",
  });
  let asked = 0;
  const ask = async () => {
    asked += 1;
    const [number, query] = [asked, control.value];
    if (query.length < element.least) return suggested.close();
    const found = await host.suggest(element, query);
    if (number === asked) suggested.offer(found, "No results");
  };
  control.addEventListener("input", ask);
  control.addEventListener("focus", () => {
    if (control.value !== element.value[0]?.text) ask();
  });
  control.addEventListener("change", () => {
    if (!control.value) host.change(element, "");
  });
  return h("div", { class: "typeahead" }, control, suggested.list);
}
