// The page: one or two panes, each with a person of its own.

import { h } from "./dom.js";
import { Drawer } from "./drawer.js";
import { Pane } from "./pane.js";

const panes = document.getElementById("panes");
const second = document.getElementById("second");

const about = await (await fetch("/about")).json();
document.getElementById("tries").replaceChildren(...about.tries.map((text) => h("li", {}, text)));
const shown = [new Pane(about, about.people[0].id)];
panes.append(shown[0].element);

const drawers = [];

if (about.controls) {
  const drawer = new Drawer();
  drawers.push(drawer);
  const open = document.getElementById("controls");
  panes.after(drawer.element);
  open.hidden = false;
  const toggle = () => open.setAttribute("aria-expanded", String(drawer.toggle()));
  open.addEventListener("click", toggle);
  drawer.element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    toggle();
    open.focus();
  });
}

second.addEventListener("click", () => {
  const two = shown.length === 1;
  if (two) shown.push(new Pane(about, about.people[1].id));
  else shown.pop().close();
  if (two) panes.append(shown[1].element);
  panes.classList.toggle("two", two);
  second.setAttribute("aria-pressed", String(two));
});

// A browser keeps at most six connections to a server, so a page that nobody sees leaves them to the others.
document.addEventListener("visibilitychange", () => {
  for (const each of [...shown, ...drawers]) {
    if (document.hidden) each.pause();
    else each.resume();
  }
});
