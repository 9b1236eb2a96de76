/**
 * Whether a text is a gRPC target with one of three schemes. A text without "//" is a DNS name. Kubernetes 1.28 and
 * older connect immediately, and then the target of a socket must not have a host. Source:
 * k8s.io/component-base/tracing/api/v1 validateEndpoint; google.golang.org/grpc/internal/resolver/unix.
 */
export function isTracingEndpoint(endpoint: string, release: number): boolean {
  if (endpoint === "") return true;
  const url = endpoint.includes("//") ? endpoint : `dns://${endpoint}`;
  const { scheme = "", host = "", rest = "" } = urlSyntax.exec(url)?.groups ?? {};
  const socket = /^unix(-abstract)?$/i.test(scheme);
  if (!socket && scheme.toLowerCase() !== "dns") return false;
  if (socket && host !== "" && release <= 28) return false;
  return allowed.test(url) && isAuthority(host) && isEscaped(rest.replace(/\?[^#]*/, ""));
}

/** Go rejects ASCII control characters anywhere in a URL. */
const urlSyntax = /^(?<scheme>[a-zA-Z][a-zA-Z0-9+.-]*):(?:\/\/(?<host>[^/?#]*))?(?<rest>.*)$/s;
const allowed = /^[ -~\u0080-\uffff]*$/;

/** Source: go.dev/src/net/url/url.go parseAuthority, parseHost, validOptionalPort. */
function isAuthority(authority: string): boolean {
  const [, user = "", host = ""] = /^(?:(.*)@)?(.*)$/s.exec(authority) ?? [];
  if (!/^[a-zA-Z0-9\-._:~!$&'()*+,;=%@]*$/.test(user) || !isEscaped(user)) return false;
  if (!/^(\[.*\](:[0-9]*)?|[^[:].*:[0-9]*|[^[:][^:]*|:[0-9]*|)$/s.test(host)) return false;
  // A host must not contain these ASCII characters. It may contain percent escapes of bytes beyond ASCII.
  return !/[ "#/?@\\^`{|}]|%(?![89a-fA-F][0-9a-fA-F])/.test(host);
}

function isEscaped(text: string): boolean {
  return !/%(?![0-9a-fA-F]{2})/.test(text);
}
