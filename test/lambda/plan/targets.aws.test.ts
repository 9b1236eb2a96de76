import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { listTargets, NoMembersError, TooManyTargetsError } from "../../../lambda/plan/targets.ts";
import { hubRegion, organizationSettings, sampleOrganization } from "../../../local-aws/sample-organization.ts";
import { type LocalAws, startLocalAws } from "../../../local-aws/server.ts";
import { unthrottled } from "../../../local-aws/traffic.ts";
import { clients, refusal } from "../../local-aws/clients.ts";

const { organizationalUnits } = organizationSettings.fleet;
const organization = sampleOrganization();
let aws: LocalAws;

beforeAll(async () => {
  aws = await startLocalAws({ home: hubRegion(), organization, rates: unthrottled });
});
afterAll(() => aws.close());

const targets = (members: Parameters<typeof listTargets>[1]["members"], ...regions: string[]) =>
  listTargets(clients(aws).organizations, { members, regions });

describe("listTargets", () => {
  test("returns each active account of the units and of their child units, once for every Region", async () => {
    expect(await targets({ organizationalUnits }, "us-east-1", "eu-central-1")).toEqual([
      { account: "111122223333", region: "us-east-1" },
      { account: "111122223333", region: "eu-central-1" },
      { account: "444455556666", region: "us-east-1" },
      { account: "444455556666", region: "eu-central-1" },
    ]);
  });

  test("returns an account once if several units contain it", async () => {
    const accounts = (await targets({ organizationalUnits: ["r-ab12", ...organizationalUnits] }, "us-east-1")).map(
      ({ account }) => account,
    );
    expect(accounts).toEqual(["111122223333", "121212121212", "444455556666", "999988887777"]);
  });

  test("returns all accounts of a unit that needs more than one page", async () => {
    const many = Array.from({ length: 45 }, (_, index) => ({ id: `${200_000_000_000 + index}` }));
    organization.root.accounts.push(...many);
    const found = await targets({ organizationalUnits: ["r-ab12"] }, "us-east-1");
    organization.root.accounts.splice(-many.length);
    expect(found).toHaveLength(4 + many.length);
  });

  test("rejects units without an active account, because nothing would be audited", async () => {
    organization.root.units?.push({ id: "ou-ab12-00000000", accounts: [{ id: "555566667777", state: "CLOSED" }] });
    await expect(targets({ organizationalUnits: ["ou-ab12-00000000"] }, "us-east-1")).rejects.toThrow(NoMembersError);
  });

  test("rejects a unit that does not exist with AWS's error", async () => {
    expect(await refusal(targets({ organizationalUnits: ["ou-ab12-ffffffff"] }, "us-east-1"))).toContain(
      "ParentNotFoundException",
    );
  });
});

test("accounts in the settings become targets without a call", async () => {
  aws.resetCalls();
  expect(await targets({ accounts: ["111122223333"] }, "us-east-1")).toEqual([
    { account: "111122223333", region: "us-east-1" },
  ]);
  expect(aws.calls()).toEqual({});
});

test("rejects more account-Regions than one execution can audit, and the error contains the fix", async () => {
  const accounts = Array.from({ length: 501 }, (_, index) => `${200_000_000_000 + index}`);
  const regions = ["us-east-1", "us-east-2", "us-west-1", "us-west-2"];
  const refused = targets({ accounts }, ...regions);
  await expect(refused).rejects.toThrow(TooManyTargetsError);
  await expect(refused).rejects.toThrow("501 accounts in 4 Regions are more than the 2000");
});
