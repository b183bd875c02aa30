// A modal, as Slack shows it on top of its pane. Its fields keep what people type while the bot updates the view.

import { busyWhile, h, newId } from "./dom.js";
import { showBlocks } from "./blocks.js";

export class Modal {
  /** `host` has `act(name, given)`, `follow(address)`, `confirm(confirmation)` and `say(text)`. */
  constructor(layer, host) {
    this.layer = layer;
    this.host = host;
    this.shown = null;
    this.values = {};
    layer.addEventListener("keydown", (event) => this.keyPressed(event));
  }

  /** Shows this view, or none. Returns whether one is open. */
  show(view) {
    const key = view && JSON.stringify([view.id, view.hash, view.errors]);
    if (key === this.shown) return Boolean(view);
    const another = !view || !this.view || this.view.id !== view.id;
    this.shown = key;
    this.view = view;
    if (another) this.values = {};
    if (!view) {
      this.layer.replaceChildren();
      this.layer.hidden = true;
      return false;
    }
    const focused = this.layer.contains(document.activeElement) ? document.activeElement.dataset.block : null;
    this.layer.replaceChildren(this.element(view));
    this.layer.hidden = false;
    this.focusFirst(another ? null : focused);
    return true;
  }

  element(view) {
    const title = newId();
    const blocks = {
      follow: this.host.follow,
      use: (element, value, control) => this.use(element, value, control),
      change: (element, value) => this.change(element, value),
      suggest: (element, query) => this.suggest(element, query),
    };
    const close = () => this.host.act("close", { view: view.id });
    const send = (event) => {
      event.preventDefault();
      this.submit(form.querySelector("button[type=submit]"));
    };
    const form = h(
      "form",
      { class: "modal", role: "dialog", "aria-modal": "true", "aria-labelledby": title, novalidate: true, on: { submit: send } },
      h(
        "header",
        {},
        h("h2", { id: title }, view.title),
        view.depth > 1 ? h("span", { class: "depth" }, `View ${view.depth} of ${view.depth}`) : null,
        h("button", { type: "button", class: "close", "aria-label": "Close", on: { click: close } }, "×"),
      ),
      h("div", { class: "modal-body", tabindex: "-1" }, showBlocks(view.blocks, blocks)),
      h(
        "footer",
        {},
        h("button", { type: "button", class: "button", on: { click: close } }, view.close),
        view.submit ? h("button", { type: "submit", class: "button primary" }, view.submit) : null,
      ),
    );
    return form;
  }

  focusFirst(block) {
    const again = block && this.layer.querySelector(`[data-block="${CSS.escape(block)}"]`);
    const wanted =
      again ||
      this.layer.querySelector("[aria-invalid]") ||
      this.layer.querySelector("[data-focus]") ||
      this.layer.querySelector(".modal-body input, .modal-body select, .modal-body textarea") ||
      this.layer.querySelector(".modal-body");
    wanted.focus();
  }

  async submit(button) {
    const answer = await busyWhile(button, () => this.host.act("submit", { view: this.view.id, values: this.values }));
    if (answer.error) this.host.say(answer.error);
  }

  async use(element, value, control) {
    if (element.confirm && !(await this.host.confirm(element.confirm))) return;
    const given = { view: this.view.id, block: element.block, action: element.action, value };
    const answer = await busyWhile(control, () => this.host.act("use", given));
    if (answer.error) this.host.say(answer.error);
  }

  change(element, value) {
    this.values[element.block] = value;
    this.host.act("fill", { view: this.view.id, values: { [element.block]: value } });
  }

  async suggest(element, query) {
    const answer = await this.host.act("suggest", { view: this.view.id, action: element.action, query });
    return answer.options ?? [];
  }

  /** Escape closes; Tab stays inside. */
  keyPressed(event) {
    if (event.key === "Escape") {
      event.preventDefault();
      this.host.act("close", { view: this.view.id });
    }
    if (event.key !== "Tab") return;
    const stops = [...this.layer.querySelectorAll("a[href], button:not(:disabled), input, select, textarea, summary")];
    const [first, last] = [stops[0], stops[stops.length - 1]];
    if (event.shiftKey && document.activeElement === first) {
      event.preventDefault();
      last.focus();
    } else if (!event.shiftKey && document.activeElement === last) {
      event.preventDefault();
      first.focus();
    }
  }
}
