import { isList, isNumber } from "../../go/json.ts";
import { jsonOf, listAt } from "../configuration.ts";
import type { Check } from "./check.ts";
import { amongChoices } from "./values.ts";

/** All cipher suite names of crypto/tls, insecure ones included, and two old aliases of Kubernetes. */
const cipherSuites = [
  ...["AES_128_GCM_SHA256", "AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256"].map((suite) => `TLS_${suite}`),
  ...["RC4_128_SHA", "3DES_EDE_CBC_SHA", "AES_128_CBC_SHA", "AES_256_CBC_SHA"].map((suite) => `TLS_RSA_WITH_${suite}`),
  ...["AES_128_CBC_SHA256", "AES_128_GCM_SHA256", "AES_256_GCM_SHA384"].map((suite) => `TLS_RSA_WITH_${suite}`),
  "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
  ...["RSA", "ECDSA"].flatMap((key) =>
    [
      ...["RC4_128_SHA", "AES_128_CBC_SHA", "AES_256_CBC_SHA", "AES_128_CBC_SHA256", "AES_128_GCM_SHA256"],
      ...["AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256", "CHACHA20_POLY1305"],
    ].map((suite) => `TLS_ECDHE_${key}_WITH_${suite}`),
  ),
];

/** P-256, P-384, P-521, X25519, X25519MLKEM768. Source: go.dev/pkg/crypto/tls CurveID. */
const curves = [23, 24, 25, 29, 4588];

/** Source: kubernetes cmd/kubelet/app/server.go InitializeTLS. */
export const tlsChecks: readonly Check[] = [
  {
    name: "tlsCipherSuites",
    complaints({ configuration }, complain) {
      for (const suite of listAt(configuration, "tlsCipherSuites")) {
        if (!cipherSuites.includes(suite)) complain(`${JSON.stringify(suite)} is not a cipher suite`);
      }
    },
  },
  amongChoices({
    path: "tlsMinVersion",
    allowed: ["", "VersionTLS10", "VersionTLS11", "VersionTLS12", "VersionTLS13"],
  }),
  {
    name: "tlsCurvePreferences",
    since: 36,
    complaints({ configuration }, complain) {
      const list = jsonOf(configuration.get("tlsCurvePreferences")?.value) ?? null;
      const ids = isList(list) ? list.items.map((item) => (isNumber(item) ? Number(item.number) : 0)) : [];
      for (const id of ids) if (!curves.includes(id)) complain(`${id} is not a curve`);
      if (new Set(ids).size < ids.length) complain("it repeats a curve");
    },
  },
];

/** Names are case-sensitive: "webhook" is not a mode. Source: kubernetes cmd/kubelet/app/auth.go BuildAuthz. */
export const authorizationChecks: readonly Check[] = [
  amongChoices({ path: "authorization.mode", allowed: ["AlwaysAllow", "Webhook"] }),
];
