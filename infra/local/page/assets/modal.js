// A modal, as Slack shows it on top of its pane. Its fields keep what people type while the bot updates the view.

import { busyWhile, h, newId } from "./dom.js";
import { showBlocks } from "./blocks.js";

/**
 * What the blocks of a view need: a modal's, or the Home's. `pane` has `act(name, given)`, `follow(address)`,
 * `confirm(confirmation)` and `say(text)`; `change(element, value)` is for fields that wait for a submission.
 */
export function viewHost(view, pane, change) {
  return {
    follow: (address) => pane.follow(address),
    change,
    use: async (element, value, control) => {
      if (element.confirm && !(await pane.confirm(element.confirm))) return;
      const given = { view: view.id, block: element.block, action: element.action, value };
      const answer = await busyWhile(control, () => pane.act("use", given));
      if (answer.error) pane.say(answer.error);
    },
    suggest: async (element, query) => {
      const answer = await pane.act("suggest", { view: view.id, action: element.action, query });
      return answer.options ?? [];
    },
  };
}

export class Modal {
  constructor(layer, pane) {
    this.layer = layer;
    this.pane = pane;
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
    const host = viewHost(view, this.pane, (element, value) => this.change(element, value));
    const close = () => this.pane.act("close", { view: view.id });
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
      h("div", { class: "modal-body", tabindex: "-1" }, showBlocks(view.blocks, host)),
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
    // The bot may have removed fields since they were filled in.
    const shown = Object.entries(this.values).filter(([block]) => this.layer.querySelector(`[data-block="${CSS.escape(block)}"]`));
    const given = { view: this.view.id, values: Object.fromEntries(shown) };
    const answer = await busyWhile(button, () => this.pane.act("submit", given));
    if (answer.error) this.pane.say(answer.error);
  }

  /** A field got this value. The bot is told at once if it asked for that, otherwise at the submission. */
  async change(element, value) {
    this.values[element.block] = value;
    if (!element.dispatches) return this.pane.act("fill", { view: this.view.id, values: { [element.block]: value } });
    const given = { view: this.view.id, block: element.block, action: element.action, value };
    const answer = await this.pane.act("use", given);
    if (answer.error) this.pane.say(answer.error);
    return answer;
  }

  /** Escape closes; Tab stays inside. */
  keyPressed(event) {
    if (event.key === "Escape") {
      event.preventDefault();
      this.pane.act("close", { view: this.view.id });
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
