// Building and updating elements. Texts become text nodes, so nothing that a message contains is interpreted.

/** An element with these attributes; `on` has event listeners, and `false`, `null` and `undefined` leave one out. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  const { on = {}, ...rest } = attributes;
  for (const [name, value] of Object.entries(rest)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  for (const [event, listener] of Object.entries(on)) element.addEventListener(event, listener);
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

/**
 * Makes `container` show `items` in their order. Only items whose content changed are rendered again. An element that
 * had the focus gives it to the one that replaces it.
 */
export function update(container, items, keyOf, render) {
  const known = container.shown ?? new Map();
  const shown = new Map();
  let before = null;
  for (const item of items) {
    const key = keyOf(item);
    const content = JSON.stringify(item);
    let entry = known.get(key);
    if (!entry || entry.content !== content) {
      const element = render(item);
      if (entry) replaceKeepingFocus(entry.element, element);
      entry = { content, element };
    }
    const next = before ? before.nextSibling : container.firstChild;
    if (next !== entry.element) container.insertBefore(entry.element, next);
    before = entry.element;
    shown.set(key, entry);
  }
  for (const [key, entry] of known) if (!shown.has(key)) entry.element.remove();
  container.shown = shown;
}

function replaceKeepingFocus(old, replacement) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  old.replaceWith(replacement);
  if (!focused) return;
  const same = focused.dataset.action && replacement.querySelector(`[data-action="${CSS.escape(focused.dataset.action)}"]`);
  (same ?? replacement).focus({ preventScroll: true });
}

/** Calls `act` and marks the element as busy until it is done. An element that had the focus gets it back. */
export async function busyWhile(element, act) {
  const focused = document.activeElement === element;
  element.setAttribute("aria-busy", "true");
  element.disabled = true;
  try {
    return await act();
  } finally {
    element.removeAttribute("aria-busy");
    element.disabled = false;
    if (focused && document.activeElement === document.body) element.focus({ preventScroll: true });
  }
}

const RETRY_AFTER = 3000;

/**
 * Follows a stream of server-sent events until `close()`: `show` is given each, `lost` and `found` are called when the
 * connection breaks off and when it is there again. A browser gives up a stream that was refused; this asks again.
 */
export function follow(address, { show, lost, found = () => {} }) {
  let source = null;
  let timer = null;
  const open = () => {
    source = new EventSource(address);
    source.onmessage = (event) => show(JSON.parse(event.data));
    source.onopen = found;
    source.onerror = () => {
      lost();
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, RETRY_AFTER);
    };
  };
  open();
  return {
    close: () => {
      clearTimeout(timer);
      source.close();
    },
  };
}

let numbers = 0;

export function newId() {
  numbers += 1;
  return `e${numbers}`;
}
