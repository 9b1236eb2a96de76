/** All content of the page is created here: text as text nodes, and attributes only with values from this code. */

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Readonly<Record<string, string>>} attributes
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/**
 * @param {string} name class
 * @param {Node | string} label
 * @param {() => void} pressed
 * @param {...Node} more
 */
function button(name, label, pressed, ...more) {
  const made = make("button", { type: "button", class: name }, label, ...more);
  made.addEventListener("click", pressed);
  return made;
}

/**
 * The element of body.html that `selector` names.
 * @template {HTMLElement} T
 * @param {string} selector
 * @param {new () => T} kind
 * @returns {T}
 */
function find(selector, kind) {
  const found = document.querySelector(selector);
  if (found instanceof kind) return found;
  throw new Error(`The page has no element ${selector}`);
}

/**
 * Text of a node or of AWS, isolated so that its reading direction does not affect its surroundings.
 * @param {string} words
 */
function foreign(words) {
  return make("bdi", {}, words);
}

/** @param {number} number */
function digits(number) {
  return number.toLocaleString("en");
}

/**
 * @param {number} number
 * @param {string} noun
 */
function count(number, noun) {
  return `${digits(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** @param {string} iso */
function day(iso) {
  return new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeZone: "UTC" }).format(new Date(iso));
}

/**
 * The severity as up to four bars and as a word, so that it does not depend on colour or shape alone.
 * @param {import("../packed.ts").SeverityLabel} severity
 */
function severityBadge(severity) {
  const steps = severitySteps[severity];
  const bars = Array.from({ length: 4 }, (_, step) => make("i", step < steps ? { class: "on" } : {}));
  const shown = make("span", { class: "bars", "aria-hidden": "true" }, ...bars);
  return make("span", { class: `severity ${severity.toLowerCase()}` }, shown, severity.toLowerCase());
}

const severitySteps = { CRITICAL: 4, HIGH: 3, MEDIUM: 2, LOW: 1, INFORMATIONAL: 0 };

/**
 * A fix: its sentence, and its code in a box with a button to copy it.
 * @param {string} words the first line is the sentence, further ones are code
 */
function fixNote(words) {
  const [sentence = "", ...code] = words.split("\n");
  const text = make("p", {}, foreign(sentence));
  if (code.length === 0) return make("div", { class: "fix" }, text);
  const pre = make("pre", { tabindex: "0", "aria-label": "Code of the fix" }, foreign(code.join("\n")));
  return make("div", { class: "fix" }, text, make("div", { class: "code" }, pre, copyButton(pre)));
}

/** @param {HTMLElement} source */
function copyButton(source) {
  const status = make("span", { role: "status", class: "unseen" });
  const copy = button("copy", "Copy", async () => {
    const copied = await copyText(source);
    copy.firstChild?.replaceWith(copied ? "Copied" : "Press Ctrl+C");
    status.textContent = copied ? "Copied" : "The code is selected: press Ctrl+C";
    setTimeout(() => copy.firstChild?.replaceWith("Copy"), 2000);
  });
  return make("span", {}, copy, status);
}

/**
 * Copies the text. If the browser does not allow this, the text is selected instead.
 * @param {HTMLElement} source
 */
async function copyText(source) {
  try {
    await navigator.clipboard.writeText(source.textContent ?? "");
    return true;
  } catch {
    getSelection()?.selectAllChildren(source);
    return false;
  }
}

/**
 * Shows a list page by page, so that the document stays small for a list of any length.
 * @template T
 * @param {HTMLElement} body holds the rows
 * @param {HTMLElement} nav holds the buttons
 * @param {number} size rows on a page
 * @param {(entry: T) => HTMLElement} row
 */
function pager(body, nav, size, row) {
  /** @type {readonly T[]} */
  let entries = [];
  let page = 0;
  const place = make("span", { role: "status" });
  const back = button("", "Previous", () => turn(page - 1));
  const on = button("", "Next", () => turn(page + 1));
  nav.append(back, place, on);

  /** @param {number} to */
  function turn(to) {
    page = Math.max(0, Math.min(to, Math.ceil(entries.length / size) - 1));
    draw(page * size, size);
  }

  /**
   * @param {number} first
   * @param {number} most
   */
  function draw(first, most) {
    const last = Math.min(first + most, entries.length);
    body.replaceChildren(...entries.slice(first, last).map(row));
    nav.hidden = entries.length <= most;
    place.textContent = `${digits(first + 1)}–${digits(last)} of ${digits(entries.length)}`;
    // A disabled button would lose the keyboard focus.
    back.setAttribute("aria-disabled", String(first === 0));
    on.setAttribute("aria-disabled", String(last === entries.length));
  }

  return {
    /**
     * @param {readonly T[]} all
     * @param {boolean} keepsPage
     */
    show(all, keepsPage = false) {
      entries = all;
      turn(keepsPage ? page : 0);
    },
    /** Draws the current page again. */
    redraw: () => turn(page),
    /**
     * Draws the first entries, for printing.
     * @param {number} most
     */
    print: (most = entries.length) => draw(0, most),
  };
}

/**
 * Column heads that sort. The first press sorts in the column's usual direction, the next press reverses it.
 * @param {string} initial
 * @param {() => void} changed
 */
function sorting(initial, changed) {
  let key = initial;
  let reversed = false;
  /** @type {Map<string, HTMLElement>} */
  const heads = new Map();
  function mark() {
    for (const [name, head] of heads) {
      if (name === key) head.setAttribute("aria-sort", reversed ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    }
  }
  return {
    get key() {
      return key;
    },
    get reversed() {
      return reversed;
    },
    /**
     * @param {string} name
     * @param {HTMLElement} head th
     * @param {...(Node | string)} label
     */
    head(name, head, ...label) {
      const sort = make("button", { type: "button", class: "sort" }, ...label);
      sort.addEventListener("click", () => {
        reversed = key === name && !reversed;
        key = name;
        mark();
        changed();
      });
      head.append(sort);
      heads.set(name, head);
      mark();
      return head;
    },
  };
}
