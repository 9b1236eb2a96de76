/** The only ways in which anything reaches the page: text as text nodes, and attributes whose values are ours. */

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
 * @param {string} name
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
  throw new Error(`the page has no ${selector}`);
}

/**
 * Text of a node or of AWS: it keeps its direction to itself.
 * @param {string} words
 */
function foreign(words) {
  return make("bdi", {}, words);
}

/**
 * @param {number} number
 * @param {string} noun
 */
function count(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

/**
 * Shows a list page by page, so that the document stays small however long the list is.
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
    page = to;
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
    place.textContent = `${(first + 1).toLocaleString("en")}–${last.toLocaleString("en")} of ${entries.length.toLocaleString("en")}`;
    // A button that is disabled loses the focus, and whoever uses the keyboard their place.
    back.setAttribute("aria-disabled", String(first === 0));
    on.setAttribute("aria-disabled", String(last === entries.length));
  }

  return {
    /** @param {readonly T[]} all */
    show(all) {
      entries = all;
      turn(0);
    },
    /**
     * For paper, which has no buttons.
     * @param {number} most
     */
    print(most) {
      draw(0, most);
    },
    back: () => turn(page),
  };
}
