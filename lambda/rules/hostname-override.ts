import type { Node } from "../domain/node.ts";
import { plain, quoted } from "../text.ts";
import { judgeSetting } from "./kit/bottlerocket-settings.ts";
import type { Rule, Verdict } from "./kit/rule.ts";
import { incompleteVerdict } from "./kit/verdict.ts";

const flag = "--hostname-override";

/** The text is the same for each OS, because the image passes the flag and a wrong value comes from the user data. */
const ownName =
  "Remove --hostname-override from the kubelet's flags in the user data, so that the image sets it to the instance's private DNS name or id, and replace the node.";

export default {
  id: "hostname-override",
  title: "The node has the name of its instance",
  failureTitle: "The node has another name than its instance",
  fixTitle: "Remove --hostname-override from the user data",
  why: "Certificates, access rights and logs identify a kubelet by the name of its node. A node with the name of another one can be mistaken for it.",
  passes:
    "The kubelet is started without --hostname-override, or its value is the instance's private DNS name or id. EKS images pass the flag themselves, because nodes need these names.",
  fails: "The value is another name.",
  notAvailable:
    "The names of the instance are unknown, as for saved evidence and for hybrid nodes with a name of their own.",
  severity: "INFORMATIONAL",
  level: 1,
  cis: { "1.0.1": "3.2.8", "1.1.0": "3.2.8", "1.2.0": "3.2.8" },
  cisKubernetes: "4.2.7",
  stig: { category: 2, ids: { "V-242404": "CNTR-K8-000850" } },
  controls: ["NIST.800-53.r5 CM-5(6)", "NIST.800-53.r5 CM-6", "NIST.800-53.r5 CM-6(1)"],
  remediation: {
    al2: ownName,
    al2023: ownName,
    bottlerocket:
      "Remove hostname-override from [settings.kubernetes] in the user data, so that the name follows hostname-override-source, and replace the node.",
    ubuntu: ownName,
    windows: ownName,
    linux: ownName,
  },
  check: ({ kubelet: { hostnameOverride }, node }) =>
    hostnameOverride === undefined
      ? { status: "passed", because: `The kubelet is started without ${flag}.` }
      : judgeName(hostnameOverride, flag, node),
  letter({ kubelet: { hostnameOverride } }) {
    if (hostnameOverride === undefined) return undefined;
    return { number: "V-242404", because: `The check forbids ${flag}, which every EKS image passes.`, fix: accept };
  },
  bottlerocket: (node) =>
    judgeSetting(node, "hostname-override", ({ value, because, from }) =>
      value === undefined
        ? { status: "passed", because: `${because}, so the name follows hostname-override-source.`, from }
        : judgeName(value, from, node.node),
    ),
} satisfies Rule;

const accept =
  "EKS nodes need this flag with the external cloud provider, so nothing can be repaired: add an exception with this reason.";

/**
 * The kubelet trims the value and turns it into small letters. Source: k8s.io/component-helpers node/util GetHostname.
 */
function judgeName(value: string, from: string, node: Node | undefined): Verdict {
  const name = value.trim().toLowerCase();
  const because = `${from} is ${quoted(value)}`;
  const judged = { value, from };
  if (value === "") return { status: "passed", because: `${because}, which has no effect.`, ...judged };
  if (node === undefined) return incompleteVerdict(`${because}. The names of the instance are unknown.`);
  const names = [node.instanceId, ...(node.privateDnsName ? [node.privateDnsName] : [])];
  if (names.some((own) => own.toLowerCase() === name))
    return { status: "passed", because: `${because}, which is a name of the instance.`, ...judged };
  const known = `The names of the instance are ${names.map(plain).join(" and ")}`;
  if (node.privateDnsName === undefined)
    return incompleteVerdict(`${because}. EC2 returned no private DNS name to compare it with.`);
  return { status: "failed", because: `${because}. ${known}.`, ...judged };
}
