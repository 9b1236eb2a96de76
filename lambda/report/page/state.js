/**
 * The page's address contains its state, so that a person can send a link to it:
 * report.html#rule=client-ca-file&result=failed
 */

/** The fields of the address, except the open node. */
const filterNames = /** @type {const} */ (["words", "place", "severity", "rule", "result", "reason", "cause"]);

/** @typedef {Record<typeof filterNames[number], string>} Choice */

/** A link may also contain only a node: report.html#i-0a1b2c3d4e5f60718 */
function readAddress() {
  const hash = location.hash.slice(1);
  const fields = new URLSearchParams(hash.includes("=") ? hash : `node=${hash}`);
  const choice = Object.fromEntries(filterNames.map((name) => [name, fields.get(name) ?? ""]));
  return { choice: /** @type {Choice} */ (choice), node: fields.get("node") ?? "" };
}

/**
 * @param {Choice} choice
 * @param {string} node id of the node that is open
 */
function addressOf(choice, node) {
  const fields = new URLSearchParams();
  for (const name of filterNames) if (choice[name]) fields.set(name, choice[name]);
  if (node) fields.set("node", node);
  return `#${fields}`;
}

/**
 * @param {string} address
 * @param {boolean} isStep whether the browser's Back leads to the previous state
 */
function writeAddress(address, isStep) {
  if (address === location.hash || (address === "#" && location.hash === "")) return;
  history[isStep ? "pushState" : "replaceState"](
    null,
    "",
    address === "#" ? location.pathname + location.search : address,
  );
}
