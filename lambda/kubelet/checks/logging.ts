import { parseQuantity } from "../../go/quantity.ts";
import { durationAt, jsonItems, numberAt, textAt } from "../configuration.ts";
import { type Check, type Checked, numberOf, textOf } from "./check.ts";

/** The largest verbosity: klog stores it as an int32. */
const highestVerbosity = 2_147_483_647;

/** Source: k8s.io/component-base/logs/api/v1 Validate, validateFormatOptions, apply. */
export const loggingChecks: readonly Check[] = [
  {
    name: "logging.format",
    *complaints({ configuration }) {
      const format = textAt(configuration, "logging.format");
      if (!["", "text", "json"].includes(format)) yield `${JSON.stringify(format)} is not a log format`;
    },
  },
  {
    name: "logging.flushFrequency",
    // Up to 1.34 the kubelet lacks this check, but it panics when it creates a ticker with a negative value.
    *complaints({ configuration }) {
      if (durationAt(configuration, "logging.flushFrequency") < 0n) yield "it is negative";
    },
  },
  {
    name: "logging.verbosity",
    *complaints({ configuration }) {
      const verbosity = numberAt(configuration, "logging.verbosity");
      if (verbosity > highestVerbosity) yield `${verbosity} is above ${highestVerbosity}`;
    },
  },
  {
    name: "logging.vmodule",
    *complaints({ configuration }) {
      const items = jsonItems(configuration.get("logging.vmodule")?.value);
      if (items.length > 0 && textAt(configuration, "logging.format") === "json") yield "it needs the text format";
      for (const item of items) {
        const pattern = textOf(item, "filePattern");
        if (pattern === "" || /[=,]/.test(pattern)) yield `${JSON.stringify(pattern)} is not a file pattern`;
        if (numberOf(item, "verbosity") > highestVerbosity) yield "a verbosity is too large";
      }
    },
  },
  { name: "logging.options.json", complaints: (checked) => alphaOptions("logging.options.json", checked) },
  { name: "logging.options.text", since: 30, complaints: (checked) => alphaOptions("logging.options.text", checked) },
];

function* alphaOptions(path: string, { configuration, gateOn }: Checked): Generator<string> {
  if (gateOn("LoggingAlphaOptions")) return;
  if (configuration.get(`${path}.splitStream`)?.value === true) yield "splitStream needs the gate LoggingAlphaOptions";
  const buffer = parseQuantity(textAt(configuration, `${path}.infoBufferSize`));
  if (buffer !== undefined && buffer.sign !== 0) yield "infoBufferSize needs the gate LoggingAlphaOptions";
}
