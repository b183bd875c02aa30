// The gallery: every entry of `infra/local/gallery`, shown by the code that shows messages and modals in a pane.

import { h } from "./dom.js";
import { showBlocks } from "./blocks.js";
import { showMessage } from "./message.js";
import { Modal, viewHost } from "./modal.js";

/** What modals and blocks need; here nothing happens. */
const still = {
  act: async () => ({}),
  confirm: async () => false,
  say: () => {},
  follow: () => {},
  use: () => {},
  change: () => {},
  suggest: async () => [],
};

const sections = await (await fetch("/gallery/entries")).json();
const main = document.getElementById("entries");
const contents = document.getElementById("contents");

main.append(...sections.map(showSection));
contents.querySelector("ul").append(...sections.map(listSection));
contents.open = matchMedia("(min-width: 900px)").matches;
main.removeAttribute("aria-busy");
document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();

function showSection(section) {
  return h("section", { "aria-labelledby": section.id }, h("h2", { id: section.id }, section.title), section.entries.map(showEntry));
}

function showEntry(entry) {
  const shown = entry.modal ? showModal(entry.modal) : entry.home ? showHome(entry.home) : showMessage(entry.message, still);
  const title = h("h3", { class: "entry-title" }, h("a", { href: `#${entry.id}` }, entry.title));
  return h("div", { class: "entry", id: entry.id }, title, shown);
}

/** The form of a modal, as a part of the page: it does not cover the rest of it, and its errors are not announced. */
function showModal(view) {
  const form = new Modal(h("div"), still).element(view);
  form.setAttribute("role", "group");
  form.removeAttribute("aria-modal");
  for (const error of form.querySelectorAll(".error")) error.removeAttribute("role");
  return form;
}

function showHome(view) {
  return h("div", { class: "home" }, showBlocks(view.blocks, viewHost(view, still, () => {})));
}

function listSection(section) {
  const entries = section.entries.map((entry) => h("li", {}, h("a", { href: `#${entry.id}` }, entry.title)));
  return h("li", {}, h("details", {}, h("summary", {}, `${section.title} (${entries.length})`), h("ul", {}, entries)));
}
