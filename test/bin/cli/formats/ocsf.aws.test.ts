import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { ocsf } from "../../../../bin/cli/formats/ocsf.ts";
import ocsfSchema from "../../../schemas/ocsf-1.5.0-compliance-finding.json" with { type: "json" };
import { found, view, withStatus } from "./found.ts";

describe("OCSF", () => {
  const eventsIn = () =>
    ocsf
      .write(found, view)
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));

  test("writes one event per line, each conforming to the schema of Compliance Finding", () => {
    const ajv = new Ajv({ strict: false });
    const validate = ajv.compile(ocsfSchema);
    const events = eventsIn();
    expect(events).toHaveLength(found.results.length);
    for (const event of events) expect(validate(event), ajv.errorsText(validate.errors)).toBe(true);
  });

  test("only passed results are Pass, only failed ones have a severity, and excepted ones are Suppressed", () => {
    const events = eventsIn();
    expect(events.filter(({ compliance }) => compliance.status_id === 1)).toHaveLength(withStatus("passed").length);
    expect(events.filter(({ severity_id }) => severity_id > 1)).toHaveLength(withStatus("failed").length);
    expect(events.filter(({ status }) => status === "Suppressed")).toHaveLength(withStatus("excepted").length);
  });
});
