import type { InitialRegion } from "./initial-region.ts";
import type { Account, Organization } from "./organization.ts";
import { sampleRegion, sampleSettings } from "./sample-region.ts";

const unit = "ou-ab12-cd34ef56";

/** Settings for `cdk deploy` of the hub. */
export const organizationSettings = {
  ...sampleSettings,
  report: false,
  fleet: { organizationId: "o-a1b2c3d4e5", organizationalUnits: [unit], regions: ["us-east-1", "eu-central-1"] },
};

/** The hub's account. It has no clusters of its own. */
export const hubRegion = (): InitialRegion => ({
  account: "999988887777",
  region: "us-east-1",
  securityHub: false,
  clusters: [],
  nodes: [],
});

/** An organization whose audited unit contains `members` and one unit below it. Tests can change it. */
export function sampleOrganization(members: Account[] = [{ id: "111122223333" }]): Organization {
  const below = {
    id: "ou-ab12-0badcafe",
    accounts: [{ id: "444455556666" }, { id: "555566667777", state: "SUSPENDED" }],
  };
  const audited = { id: unit, accounts: members, units: [below] };
  const tools = { id: "ou-ab12-00c0ffee", accounts: [{ id: hubRegion().account }] };
  const managementAccount = "121212121212";
  const root = { id: "r-ab12", accounts: [{ id: managementAccount }], units: [audited, tools] };
  return { id: organizationSettings.fleet.organizationId, managementAccount, root };
}

/** Two members: the sample account-Region, and a one-node cluster in another account and another Region. */
export function memberRegions(): InitialRegion[] {
  const { clusters, nodes, ...rest } = sampleRegion();
  const cluster = clusters.find(({ name }) => name === "batch-legacy");
  const node = nodes.find(({ tags }) => tags["eks:nodegroup-name"] === "general");
  if (!cluster || !node)
    throw new Error("sampleRegion() must contain the cluster batch-legacy and the node group general.");
  const shop = {
    account: "444455556666",
    region: "eu-central-1",
    securityHub: true,
    clusters: [{ ...cluster, name: "shop", nodegroups: [], fargateProfiles: [] }],
    nodes: [{ ...node, id: "i-0e50b00000000000f", tags: { "eks:cluster-name": "shop" } }],
  };
  return [{ clusters, nodes, ...rest }, shop];
}
