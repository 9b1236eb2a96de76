import type { Found, View } from "../../../../bin/cli/formats/format.ts";
import { inOrder } from "../../../../bin/cli/result.ts";
import { auditRegion } from "../../../../bin/cli/run/region.ts";
import { plainScreen } from "../../../../bin/cli/screen.ts";
import type { Status } from "../../../../lambda/domain/result.ts";
import { withEnvironment } from "../../../kit/environments.ts";
import { id } from "../../../kit/nodes.ts";
import { badNode, cluster, node, region, startAws } from "../../stage.ts";

/** A formula, a bell, a mark that reverses the reading direction, markup, and a character that XML does not allow. */
const hostile = '=HYPERLINK("http://x")\u0007\u202e<b>]]>&\uffff';
const tagged = (group: string) => ({ "eks:cluster-name": "prod", "eks:nodegroup-name": group });
const excepted = { rule: "read-only-port", scope: { instance: id(3) }, reason: "Being replaced", until: "2099-12-31" };

/** Results of a run on nodes with every status, and one error. */
export const found: Found = await auditEveryOutcome();
export const view: View = { screen: plainScreen, listsNodes: false, ownRules: [] };
export const withStatus = (...wanted: Status[]) => found.results.filter(({ status }) => wanted.includes(status));

async function auditEveryOutcome(): Promise<Found> {
  const nodes = [
    node(1),
    badNode(2, { tags: tagged(hostile) }),
    badNode(3),
    // A node whose SSM agent never registered.
    { ...node(4), agent: undefined },
    node(5, {
      agent: { ping: "Online", platformType: "Linux", platformName: "Bottlerocket", platformVersion: "1.26.1" },
      tree: { kind: "bottlerocket-control" },
    }),
  ].map(({ agent, ...rest }) => ({ ...rest, ...(agent && { agent }) }));
  const aws = await startAws(nodes, [cluster("prod", { fargateProfiles: ["nightly"] })]);
  const wish = { rules: {}, ownRules: [], exceptions: [excepted], publish: false };
  const audited = await withEnvironment(aws.environment(), () =>
    auditRegion(region, wish, () => {}, new AbortController().signal),
  );
  await aws.close();
  const trouble = [{ where: "eu-west-1", error: new Error(`no way in ${hostile}`) }];
  return { audited: [audited], results: inOrder(audited.results), trouble };
}
