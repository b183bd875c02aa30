// The drawer of controls: what happens at Noyo and in time, and what the parts exchange and store.

import { combobox } from "./combobox.js";
import { busyWhile, follow, h, newId, update } from "./dom.js";

const PARTS = ["Slack", "Noyo", "Bot", "AWS"];
const STATUSES = {
  connection: ["created", "processing", "noyo_review", "waiting_on_carrier", "carrier_authorization", "action_required", "unable_to_connect", "completed"],
  request: ["needs_review", "processing", "completed", "rejected"],
};
const SLIDER_DAYS = 60;
const LOST = "The connection to the demo was lost. Trying again.";
const DAY = 86_400_000;

export class Drawer {
  constructor() {
    this.parts = new Set(["Slack", "Noyo", "Bot"]);
    this.today = "";
    this.status = h("p", { role: "status", class: "drawer-status" });
    this.element = h("aside", { id: "drawer", class: "drawer", "aria-label": "Controls", tabindex: "-1", hidden: true }, this.status, this.time(), this.noyo(), this.records(), this.storm(), this.stored(), this.traffic());
  }

  /** Opens and takes the focus, or closes. Returns whether it is open. */
  toggle() {
    this.element.hidden = !this.element.hidden;
    this.source?.close();
    this.source = null;
    if (this.element.hidden) return false;
    this.connect();
    this.element.focus();
    return true;
  }

  connect() {
    this.source?.close();
    this.source = follow(`/controls?${new URLSearchParams({ parts: [...this.parts].join(","), containing: this.containing?.value ?? "" })}`, {
      show: (state) => this.show(state),
      lost: () => this.say(LOST),
      found: () => this.status.textContent === LOST && this.say(""),
    });
  }

  pause() {
    this.source?.close();
  }

  resume() {
    if (!this.element.hidden) this.connect();
  }

  show(state) {
    this.now.textContent = state.moving ? `${state.now}, moving to ${state.moving}` : state.now;
    this.showMoving(Boolean(state.moving));
    this.today = state.today;
    this.showEnd(state.ends);
    this.showTarget();
    if (!this.end.value && document.activeElement !== this.end) this.end.value = state.soon;
    for (const choice of this.noyoChoices) choice.checked = choice.value === state.noyo;
    const armed = [state.pending.length ? "The next answer of Noyo will be lost." : "", state.killing ? "The next worker that sends something to Noyo will be killed." : ""];
    this.armed.textContent = armed.join(" ").trim();
    update(this.requests, state.requests, (each) => each.number, (each) => this.request(each));
  }

  /** The focus goes from the button that cannot be used to the one that can. */
  showMoving(moving) {
    const focused = [this.go, this.stop].includes(document.activeElement);
    this.stop.hidden = !moving;
    this.go.disabled = moving;
    if (focused) (moving ? this.stop : this.go).focus();
  }

  // ---------------------------------------------------------------- its sections

  time() {
    this.now = h("strong", {});
    this.stop = this.button("Stop here", "stop_travel", () => ({}));
    const label = newId();
    this.slider = h("input", { type: "range", id: label, min: "1", max: String(SLIDER_DAYS), value: "1", on: { input: () => this.showTarget() } });
    this.target = h("span", {});
    this.ends = null;
    this.toEnd = this.button("", "travel", () => ({ day: this.ends.day }));
    this.go = this.button("Move the clock", "travel", () => ({ day: this.day() }));
    return section(
      "Time",
      h("p", {}, "It is ", this.now, ". ", this.stop),
      h("p", { class: "hint" }, "Reminders, expiries and alerts on the way happen at their time."),
      h("div", { class: "row" }, h("label", { for: label }, "To 9:00 on"), this.target),
      this.slider,
      h("div", { class: "row" }, this.go, this.button("One hour later", "travel", () => ({ hours: 1 })), this.toEnd),
    );
  }

  /** The day that the slider points to, as an ISO date. */
  day() {
    return new Date(Date.parse(`${this.today}T00:00:00Z`) + Number(this.slider.value) * DAY).toISOString().slice(0, 10);
  }

  /** The button for the last managed day that comes next. */
  showEnd(ends) {
    this.ends = ends;
    this.toEnd.hidden = !ends;
    if (ends) this.toEnd.textContent = `Last managed day of ${ends.group}, ${ends.day}`;
  }

  showTarget() {
    if (!this.today) return;
    const date = new Date(`${this.day()}T00:00:00Z`);
    const text = date.toLocaleDateString("en-US", { weekday: "short", month: "short", day: "numeric", year: "numeric", timeZone: "UTC" });
    const days = this.slider.value === "1" ? "tomorrow" : `in ${this.slider.value} days`;
    this.target.textContent = `${text} (${days})`;
    this.slider.setAttribute("aria-valuetext", this.target.textContent);
  }

  noyo() {
    const name = newId();
    const choose = (value) => () => this.act("noyo", { state: value });
    this.noyoChoices = ["works", "slow", "down"].map((value) => h("input", { type: "radio", name, value, on: { change: choose(value) } }));
    this.armed = h("p", { class: "hint" });
    return section(
      "Noyo and the workers",
      h("div", { class: "row", role: "radiogroup", "aria-label": "Noyo" }, this.noyoChoices.map((choice) => h("label", {}, choice, ` Noyo ${choice.value === "works" ? "works" : `is ${choice.value}`}`))),
      h(
        "div",
        { class: "row" },
        this.button("Poll now", "poll", () => ({})),
        this.button("Lose the next answer", "lose_answer", () => ({})),
        this.button("Kill the next worker", "kill_worker", () => ({})),
      ),
      this.armed,
    );
  }

  records() {
    const record = this.picker("Connection or request");
    const status = field("New status", h("select", {}, Object.values(STATUSES).map((names, at) => h("optgroup", { label: at ? "Disconnection requests" : "Connections" }, names.map((each) => h("option", { value: each, selected: each === "unable_to_connect" }, each))))));
    const error = field("Carrier's message", h("input", { type: "text", value: "The carrier does not know this group id." }));
    const end = field("Last managed day", h("input", { type: "date" }));
    this.end = end.control;
    const withError = () => (["unable_to_connect", "action_required"].includes(status.control.value) ? error.control.value : "");
    return section(
      "Records at Noyo",
      record.element,
      h("div", { class: "row" }, status.element, error.element),
      this.button("Move the record", "move_record", () => ({ record: record.value(), status: status.control.value, error: withError() })),
      end.element,
      this.button("Carrier asks to disconnect", "request_disconnection", () => ({ record: record.value(), end_date: end.control.value })),
    );
  }

  /** A text field that finds a record; `value()` is the id of the chosen one. */
  picker(label) {
    const control = h("input", { type: "text", placeholder: "Part of a name, an id or a status" });
    let chosen = "";
    const list = combobox(control, {
      label: "Records",
      show: (option) => option.text,
      choose: (option) => {
        chosen = option.value;
        control.value = option.text;
      },
      accepts: (key) => key === "Enter",
    });
    let asked = 0;
    control.addEventListener("input", async () => {
      asked += 1;
      const number = asked;
      chosen = "";
      const found = await this.post("find_records", { query: control.value });
      if (number === asked) list.offer(found.options ?? [], "No record");
    });
    return { element: h("div", { class: "typeahead" }, field(label, control).element, list.list), value: () => chosen };
  }

  storm() {
    const count = field("Connections", h("input", { type: "number", min: "1", max: "500", value: "20" }));
    const error = field("Carrier's message", h("input", { type: "text", value: "Our system is being maintained." }));
    return section("A storm", h("div", { class: "row" }, count.element, error.element), this.button("Let them fail", "fail_many", () => ({ count: count.control.value, error: error.control.value })));
  }

  stored() {
    const shown = h("div", {});
    const look = (view) => async (event) => {
      const found = await busyWhile(event.currentTarget, () => this.post("stored", { view }));
      if (found.error) return this.say(found.error);
      const note = found.total > found.rows.length ? `The newest ${found.rows.length} of ${found.total}` : `${found.total} in all`;
      shown.replaceChildren(
        h("p", { class: "hint" }, `${note}.`),
        h(
          "div",
          { class: "scroll", tabindex: "0", role: "group", "aria-label": view },
          h("table", {}, h("thead", {}, h("tr", {}, found.columns.map((name) => h("th", { scope: "col" }, name)))), h("tbody", {}, found.rows.map((row) => h("tr", {}, row.map((cell) => h("td", {}, cell)))))),
        ),
      );
    };
    const views = ["operations", "outbox", "messages"];
    return section("In the table", h("div", { class: "row" }, views.map((view) => h("button", { type: "button", class: "button", on: { click: look(view) } }, `Show ${view}`))), shown);
  }

  traffic() {
    const choose = (part) => (event) => {
      if (event.currentTarget.checked) this.parts.add(part);
      else this.parts.delete(part);
      this.connect();
    };
    this.requests = h("ol", { class: "requests", tabindex: "0", "aria-label": "Requests, newest first" });
    const boxes = PARTS.map((part) => h("label", {}, h("input", { type: "checkbox", checked: this.parts.has(part), on: { change: choose(part) } }), ` to ${part}`));
    const containing = field("Containing", h("input", { type: "text", placeholder: "PUT, retry, chat.update", on: { change: () => this.connect() } }));
    this.containing = containing.control;
    return section("Requests between the parts", h("div", { class: "row", role: "group", "aria-label": "Shown requests" }, boxes), containing.element, this.requests);
  }

  request(each) {
    return h("li", {}, h("span", { class: "part" }, each.part), " ", each.what, " ", h("span", { class: "hint" }, `${each.status}, ${each.milliseconds} ms`));
  }

  // ---------------------------------------------------------------- what it does

  button(label, name, given) {
    return h("button", { type: "button", class: "button", on: { click: (event) => busyWhile(event.currentTarget, () => this.act(name, given())) } }, label);
  }

  async act(name, given) {
    const answer = await this.post(name, given);
    this.say(answer.error ?? answer.done ?? "");
  }

  async post(name, given) {
    return post(`/controls/${name}`, given);
  }

  say(text) {
    this.status.textContent = text;
  }
}

/** Why a message exists, as a dialog. `button` asked for it. */
export async function explain(message, button) {
  const asked = { channel: message.channel, ts: message.ts, ephemeral: message.ephemeral };
  const found = await busyWhile(button, () => post("/controls/why", asked));
  const title = newId();
  const rows = found.rows ?? [{ term: "Unknown", text: "The bot has not stored this message yet. Try again in a moment." }];
  const close = () => dialog.close();
  const dialog = h(
    "dialog",
    { class: "why", "aria-labelledby": title },
    h("h2", { id: title }, "Why this message?"),
    h("dl", {}, rows.map((row) => [h("dt", {}, row.term), h("dd", {}, row.text)])),
    h("button", { type: "button", class: "button", on: { click: close } }, "Close"),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

async function post(address, given) {
  try {
    const answer = await fetch(address, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(given) });
    return await answer.json();
  } catch {
    return { error: "The demo does not answer." };
  }
}

function section(title, ...content) {
  return h("details", { class: "controls", open: ["Time", "Noyo and the workers"].includes(title) }, h("summary", {}, title), content);
}

function field(label, control) {
  const id = newId();
  control.id = id;
  return { control, element: h("div", { class: "field" }, h("label", { for: id }, label), control) };
}
