// The shortcuts that the app's manifest declares: global ones beside the message box, others on each message.

import { busyWhile, h } from "./dom.js";
import { menu } from "./menu.js";

/** The menu for the message box, in a list that is empty if the app has no global shortcuts. */
export function globalShortcuts(pane) {
  return shortcuts(pane, "global", "Shortcuts", "⚡\ufe0e", (used) => pane.act("shortcut", used));
}

/** The menu for a message, in a list that is empty if the app has no message shortcuts. Slack offers none on ephemeral messages. */
export function messageShortcuts(pane, message) {
  if (message.ephemeral) return [];
  const place = { channel: message.channel, ts: message.ts };
  return shortcuts(pane, "message", "More actions", "⋯", (used) => pane.act("message_shortcut", { ...place, ...used }));
}

function shortcuts(pane, type, label, sign, send) {
  const declared = (pane.about.shortcuts ?? []).filter((shortcut) => shortcut.type === type);
  const item = (shortcut) => ({
    shown: [shortcut.name, h("span", { class: "hint" }, shortcut.description)],
    choose: async (control) => {
      const answer = await busyWhile(control, () => send({ callback: shortcut.callback_id }));
      if (answer.error) pane.say(`${shortcut.name} did not work: ${answer.error}`);
    },
  });
  return declared.length ? [menu({ "aria-label": label, title: label, "data-action": `${type}-shortcuts` }, sign, declared.map(item))] : [];
}
