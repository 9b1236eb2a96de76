/**
 * Whether a pattern is an image name without tag and digest, or a repository followed by "/*".
 * Source: kubernetes pkg/kubelet/images/pullmanager getAllowlistImagePattern.
 */
export function isImagePattern(pattern: string): boolean {
  if (pattern.trim() !== pattern) return false;
  if (!pattern.endsWith("/*")) return isImageName(pattern);
  const repository = pattern.slice(0, -"/*".length);
  return repository !== "" && !repository.includes("*");
}

const component = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const path = new RegExp(`^${component}(?:/${component})*$`);
const domainLabel = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const domain = new RegExp(`^(?:${domainLabel}(?:\\.${domainLabel})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`);

/** A name of 64 hexadecimal digits counts as an image id. A name has at most 255 characters. */
const imageId = /^[a-f0-9]{64}$/;
const longestName = 255;

/** Source: github.com/distribution/reference ParseNormalizedNamed, splitDockerDomain. */
function isImageName(name: string): boolean {
  const slash = name.indexOf("/");
  const first = name.slice(0, Math.max(slash, 0));
  const hasDomain = slash > 0 && (/[.:]/.test(first) || first === "localhost" || first.toLowerCase() !== first);
  const rest = hasDomain ? name.slice(slash + 1) : name;
  if (imageId.test(name) || name.length > longestName) return false;
  return path.test(rest) && (!hasDomain || domain.test(first));
}
