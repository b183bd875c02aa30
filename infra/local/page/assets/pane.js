// One person's Slack: conversations, messages, a thread, the bot's Home, and modals.

import { composer } from "./composer.js";
import { busyWhile, follow, h, newId, update } from "./dom.js";
import { showBlocks } from "./blocks.js";
import { explain } from "./drawer.js";
import { showMessage } from "./message.js";
import { Modal, viewHost } from "./modal.js";
import { globalShortcuts, messageShortcuts } from "./shortcuts.js";

const HOME = "home";
const STEP = 40;

export class Pane {
  constructor(about, person) {
    this.about = about;
    this.person = person;
    this.conversation = about.first;
    this.thread = "";
    this.limit = STEP;
    this.read = new Map();
    this.since = "";
    this.screen = null;
    this.build();
    this.connect();
  }

  // ---------------------------------------------------------------- its parts

  build() {
    const who = newId();
    this.who = h(
      "select",
      { id: who },
      this.about.people.map((person) => h("option", { value: person.id, selected: person.id === this.person }, `${person.name}, ${person.role}`)),
    );
    this.who.addEventListener("change", () => this.become(this.who.value));
    this.list = h("ul", { class: "conversations" });
    this.title = h("h2", { tabindex: "-1" });
    this.earlier = h("button", { type: "button", class: "button earlier", on: { click: () => this.showEarlier() } }, "Show earlier messages");
    this.messages = h("div", { class: "messages", role: "log", "aria-live": "polite", "aria-relevant": "additions", tabindex: "0" });
    this.empty = h("p", { class: "empty" }, "No messages yet.");
    this.home = h("div", { class: "home", hidden: true });
    this.threadMessages = h("div", { class: "messages", role: "log", "aria-live": "polite", tabindex: "0" });
    this.threadPanel = h(
      "section",
      { class: "thread", "aria-label": "Thread", hidden: true },
      h(
        "header",
        {},
        h("h2", {}, "Thread"),
        h("button", { type: "button", class: "close", "aria-label": "Close the thread", on: { click: () => this.openThread("") } }, "×"),
      ),
      this.threadMessages,
      composer([], (text) => this.type(text, this.thread)),
    );
    this.status = h("p", { class: "status", role: "status" });
    this.modalLayer = h("div", { class: "modal-layer", hidden: true });
    this.confirmLayer = h("div", { class: "modal-layer", hidden: true });
    this.composer = composer(this.about.commands, (text) => this.type(text, ""));
    this.composer.prepend(...globalShortcuts(this));
    this.main = h(
      "div",
      { class: "workspace" },
      h("nav", { "aria-label": "Conversations" }, h("label", { for: who, class: "who" }, "You are"), this.who, this.list),
      h("section", { class: "conversation" }, h("header", {}, this.title), this.home, h("div", { class: "scroll" }, this.earlier, this.empty, this.messages), this.composer),
      this.threadPanel,
    );
    this.scroller = this.main.querySelector(".conversation > .scroll");
    this.element = h("section", { class: "pane" }, this.main, this.status, this.modalLayer, this.confirmLayer);
    this.modal = new Modal(this.modalLayer, this);
  }

  close() {
    this.source?.close();
    this.element.remove();
  }

  // ---------------------------------------------------------------- where it is

  connect() {
    this.source?.close();
    const location = { person: this.person, conversation: this.conversation, thread: this.thread, messages: String(this.limit), since: this.since };
    this.source = follow(`/screens?${new URLSearchParams(location)}`, {
      show: (screen) => this.show(screen),
      lost: () => this.say("The connection to the demo was lost. Trying again."),
    });
  }

  pause() {
    this.source?.close();
  }

  resume() {
    this.connect();
  }

  become(person) {
    this.person = person;
    this.thread = "";
    this.since = "";
    this.screen = null;
    this.read.clear();
    this.connect();
  }

  open(conversation) {
    this.conversation = conversation;
    this.thread = "";
    this.limit = STEP;
    this.atBottom = true;
    if (conversation === HOME) this.act("open_home", {});
    this.connect();
  }

  openThread(ts) {
    this.thread = ts;
    this.connect();
    if (!ts) this.messages.focus();
  }

  showEarlier() {
    this.limit += STEP;
    this.connect();
  }

  /** A link to a message of this workspace. */
  follow(address) {
    this.marked = address.ts;
    this.conversation = address.channel;
    this.thread = address.thread || "";
    this.limit = Math.max(this.limit, 400);
    this.connect();
  }

  // ---------------------------------------------------------------- what it shows

  show(screen) {
    const first = !this.screen;
    this.screen = screen;
    this.since = screen.since;
    const opened = this.modal.show(screen.modal);
    this.main.toggleAttribute("inert", opened);
    if (!opened && this.hadModal) this.composer.querySelector("textarea").focus();
    this.hadModal = opened;
    const current = screen.conversations.find((each) => each.id === this.conversation);
    this.title.textContent = this.conversation === HOME ? "Switchboard: Home" : name(current);
    this.markRead(screen, first);
    update(this.list, this.entries(screen), (entry) => entry.id, (entry) => this.entry(entry));
    const bottom = this.atBottom ?? this.scroller.scrollTop + this.scroller.clientHeight > this.scroller.scrollHeight - 40;
    update(this.messages, screen.messages, (message) => message.ts, (message) => this.message(message));
    if (bottom) this.scroller.scrollTop = this.scroller.scrollHeight;
    this.atBottom = undefined;
    this.earlier.hidden = screen.earlier === 0;
    this.empty.hidden = this.conversation === HOME || screen.messages.length > 0;
    this.showHome(screen.home);
    this.showThread(screen.thread);
    this.showMarked();
  }

  showHome(home) {
    this.home.hidden = this.conversation !== HOME;
    this.composer.hidden = this.conversation === HOME;
    if (this.conversation !== HOME) return;
    const shown = home ? showBlocks(home.blocks, viewHost(home, this, () => {})) : [h("p", { class: "empty" }, "The bot has not published a Home.")];
    this.home.replaceChildren(...shown);
  }

  showThread(thread) {
    const opened = thread && this.threadPanel.hidden;
    this.threadPanel.hidden = !thread;
    this.main.classList.toggle("with-thread", Boolean(thread));
    if (!thread) return;
    update(this.threadMessages, thread.messages, (message) => message.ts, (message) => this.message(message, true));
    if (opened) this.threadPanel.querySelector("button").focus();
  }

  showMarked() {
    if (!this.marked) return;
    const message = this.element.querySelector(`[data-ts="${CSS.escape(this.marked)}"]`);
    if (!message) return;
    this.marked = "";
    message.classList.add("marked");
    message.scrollIntoView({ block: "center" });
    message.focus();
  }

  markRead(screen, first) {
    for (const each of screen.conversations) {
      if (first && !this.read.has(each.id)) this.read.set(each.id, each.latest);
      if (each.id === this.conversation) this.read.set(each.id, each.latest);
    }
  }

  entries(screen) {
    const homes = this.about.home ? [{ id: HOME, label: "Switchboard: Home", unread: false, mentions: 0 }] : [];
    const rows = screen.conversations.map((each) => {
      const read = this.read.get(each.id) ?? "";
      return { id: each.id, label: name(each), unread: each.latest > read, mentions: each.mentions.filter((ts) => ts > read).length };
    });
    return [...rows, ...homes].map((row) => ({ ...row, current: row.id === this.conversation }));
  }

  entry(entry) {
    const unread = entry.unread ? h("span", { class: "hidden" }, ", unread") : null;
    const count = entry.mentions ? h("span", { class: "count" }, String(entry.mentions), h("span", { class: "hidden" }, " for you")) : null;
    const look = { type: "button", class: entry.unread ? "unread" : "", "data-action": entry.id, "aria-current": entry.current ? "page" : null };
    return h("li", {}, h("button", { ...look, on: { click: () => this.open(entry.id) } }, entry.label, unread, count));
  }

  message(message, inThread = false) {
    const why = message.bot && this.about.controls ? h("button", { type: "button", class: "why-button", "data-action": "why", on: { click: (event) => explain(message, event.currentTarget) } }, "Why this message?") : null;
    const openThread = inThread ? null : () => this.openThread(message.ts);
    return showMessage(message, this.host(message), { controls: [why, messageShortcuts(this, message)], openThread });
  }

  // ---------------------------------------------------------------- what people do

  /** What the blocks of a message need. */
  host(message) {
    const shown = { channel: message.channel, ts: message.ts, ephemeral: message.ephemeral };
    const click = async (element, value, control) => {
      if (element.confirm && !(await this.confirm(element.confirm))) return;
      const given = { ...shown, block: element.block, action: element.action, value };
      const answer = await busyWhile(control, () => this.act("click", given));
      if (answer.error) this.say(`The button did not work: ${answer.error}`);
    };
    return {
      follow: (address) => this.follow(address),
      use: click,
      change: (element, value) => click(element, value, this.who),
      suggest: async (element, query) => {
        const answer = await this.act("suggest", { ...shown, action: element.action, query });
        return answer.options ?? [];
      },
    };
  }

  async type(text, thread) {
    const channel = this.conversation;
    const answer = await this.act("type", { channel, thread, text });
    this.atBottom = true;
    if (answer.error) this.say(answer.error);
  }

  async act(name, given) {
    const body = JSON.stringify({ ...given, person: this.person });
    try {
      const answer = await fetch(`/actions/${name}`, { method: "POST", headers: { "Content-Type": "application/json" }, body });
      return await answer.json();
    } catch {
      return { error: "The demo does not answer." };
    }
  }

  /** Asks before something that cannot be undone. Resolves to whether the person confirmed. */
  confirm(confirmation) {
    const before = document.activeElement;
    const title = newId();
    return new Promise((resolve) => {
      const answer = (confirmed) => {
        this.confirmLayer.replaceChildren();
        this.confirmLayer.hidden = true;
        before?.focus();
        resolve(confirmed);
      };
      const no = h("button", { type: "button", class: "button", on: { click: () => answer(false) } }, confirmation.deny);
      const yes = h("button", { type: "button", class: `button ${confirmation.style || "primary"}`, on: { click: () => answer(true) } }, confirmation.confirm);
      const leave = (event) => {
        if (event.key === "Escape") answer(false);
        if (event.key === "Tab") {
          event.preventDefault();
          (document.activeElement === no ? yes : no).focus();
        }
      };
      this.confirmLayer.replaceChildren(
        h(
          "div",
          { class: "modal", role: "alertdialog", "aria-modal": "true", "aria-labelledby": title, on: { keydown: leave } },
          h("header", {}, h("h2", { id: title }, confirmation.title)),
          h("div", { class: "modal-body" }, h("p", {}, confirmation.text)),
          h("footer", {}, no, yes),
        ),
      );
      this.confirmLayer.hidden = false;
      no.focus();
    });
  }

  say(text) {
    this.status.textContent = text;
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      this.status.textContent = "";
    }, 8000);
  }
}

function name(conversation) {
  if (!conversation) return "";
  return conversation.direct ? conversation.name : `# ${conversation.name}`;
}
