import { z } from "zod";
import { AwsError } from "./errors.ts";

/** Source: SSM API model, CommandFilter. */
export const commandFilters = z
  .array(z.object({ key: z.string(), value: z.string().min(1).max(128) }))
  .min(1)
  .max(5)
  .default([]);
export type CommandFilters = z.output<typeof commandFilters>;

/** Filterable fields of a command or of an invocation. */
export interface Filtered {
  /** Epoch milliseconds. */
  requestedAt: number;
  documentName: string;
  status: string;
  statusDetails: string;
}

/** Whether the command matches all filters. */
export function passesFilters(command: Filtered, filters: CommandFilters): boolean {
  return filters.every(({ key, value }) => passes(command, key, value));
}

function passes({ requestedAt, documentName, status, statusDetails }: Filtered, key: string, value: string): boolean {
  switch (key) {
    case "InvokedAfter":
      return requestedAt >= timeIn(value);
    case "InvokedBefore":
      return requestedAt < timeIn(value);
    case "Status":
      return value === status || value === statusDetails;
    case "DocumentName":
      return value === documentName;
    default:
      throw new AwsError("InvalidFilterKey", `The specified key ${key} is not valid.`);
  }
}

/** Parses a UTC time in whole seconds, for example "2024-07-07T00:00:00Z". */
function timeIn(text: string): number {
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text)) return Date.parse(text);
  throw new AwsError("ValidationException", `The filter value ${text} is not a timestamp.`);
}
