import { parseQuantity } from "../../go/quantity.ts";
import { durationAt, jsonItems, numberAt, textAt } from "../configuration.ts";
import { type Check, type Checked, type Complain, numberOf, textOf } from "./check.ts";

/** The largest verbosity: klog stores it as an int32. */
const highestVerbosity = 2_147_483_647;

/** Source: k8s.io/component-base/logs/api/v1 Validate, validateFormatOptions, apply. */
export const loggingChecks: readonly Check[] = [
  {
    name: "logging.format",
    complaints({ configuration }, complain) {
      const format = textAt(configuration, "logging.format");
      if (!["", "text", "json"].includes(format)) complain(`${JSON.stringify(format)} is not a log format`);
    },
  },
  {
    name: "logging.flushFrequency",
    // Up to 1.34 the kubelet lacks this check, but it panics when it creates a ticker with a negative value.
    complaints({ configuration }, complain) {
      if (durationAt(configuration, "logging.flushFrequency") < 0n) complain("it is negative");
    },
  },
  {
    name: "logging.verbosity",
    complaints({ configuration }, complain) {
      const verbosity = numberAt(configuration, "logging.verbosity");
      if (verbosity > highestVerbosity) complain(`${verbosity} is above ${highestVerbosity}`);
    },
  },
  {
    name: "logging.vmodule",
    complaints({ configuration }, complain) {
      const items = jsonItems(configuration.get("logging.vmodule")?.value);
      if (items.length > 0 && textAt(configuration, "logging.format") === "json") complain("it needs the text format");
      for (const item of items) {
        const pattern = textOf(item, "filePattern");
        if (pattern === "" || /[=,]/.test(pattern)) complain(`${JSON.stringify(pattern)} is not a file pattern`);
        if (numberOf(item, "verbosity") > highestVerbosity) complain("a verbosity is too large");
      }
    },
  },
  {
    name: "logging.options.json",
    complaints: (checked, complain) => alphaOptions("logging.options.json", checked, complain),
  },
  {
    name: "logging.options.text",
    since: 30,
    complaints: (checked, complain) => alphaOptions("logging.options.text", checked, complain),
  },
];

function alphaOptions(path: string, { configuration, gateOn }: Checked, complain: Complain): void {
  if (gateOn("LoggingAlphaOptions")) return;
  if (configuration.get(`${path}.splitStream`)?.value === true)
    complain("splitStream needs the gate LoggingAlphaOptions");
  const buffer = parseQuantity(textAt(configuration, `${path}.infoBufferSize`));
  if (buffer !== undefined && buffer.sign !== 0) complain("infoBufferSize needs the gate LoggingAlphaOptions");
}
