import { plain } from "../text.ts";
import { judgeSetting } from "./kit/bottlerocket-settings.ts";
import { letterOf } from "./kit/letter.ts";
import { removeFromKubelet } from "./kit/remediation.ts";
import type { Rule } from "./kit/rule.ts";
import { judged } from "./kit/verdict.ts";

const removeUrl =
  "Remove --manifest-url and --manifest-url-header from the kubelet's flags, and staticPodURL and staticPodURLHeader from its configuration, in the user data. Then replace the node, or restart its kubelet.";

export default {
  id: "static-pods",
  title: "The kubelet runs only pods that the API server knows",
  failureTitle: "The kubelet runs static pods from a folder or a URL",
  fixTitle: "Leave staticPodPath and staticPodURL empty",
  why: "The kubelet starts static pods without the API server, so the cluster's admission policies, quotas and access rules do not apply to them. A user with write access to the folder or the URL can run privileged containers on the node.",
  passes: "The effective values of staticPodPath and staticPodURL are empty, which is their default.",
  fails: "One of them is set. A folder counts even if it is empty. The STIG asks for the folder only.",
  notAvailable:
    "The evidence of a Bottlerocket node lacks the setting static-pods-enabled. A node whose config file contains staticPodURL is unreadable if the file stays on the node (docs/evidence.md).",
  severity: "HIGH",
  cis: {},
  stig: { category: 1, ids: { "V-242397": "CNTR-K8-000440" } },
  controls: ["NIST.800-53.r5 AC-3"],
  remediation: removeFromKubelet(
    "staticPodPath",
    "--pod-manifest-path",
    "Turn static pods off in the user data, [settings.kubernetes] static-pods-enabled = false, and replace the nodes; on a live node run:\napiclient set kubernetes.static-pods-enabled=false",
  ),
  check({ kubelet }) {
    const folder = judged(kubelet, "staticPodPath", (path) => path === "");
    const { value, from } = kubelet.settings.staticPodURL;
    if (value === "") return folder;
    // The URL can contain credentials, so the verdict contains only its origin.
    const origin = plain(from.where.replace(/[= ].*$/s, ""));
    const because = `staticPodURL is set by ${origin}.`;
    return folder.status === "failed"
      ? { ...folder, because: `${folder.because} ${because}` }
      : { status: "failed", because, from: origin, fix: removeUrl };
  },
  letter: ({ kubelet }) => letterOf(kubelet, "staticPodPath", { number: "V-242397", optional: true }),
  bottlerocket: (node) =>
    judgeSetting(node, "static-pods-enabled", ({ value = true, because, from }) => ({
      status: value ? "failed" : "passed",
      because: `${because}, so staticPodPath is ${value ? "/etc/kubernetes/static-pods/" : "empty"}.`,
      value,
      from,
    })),
} satisfies Rule;
