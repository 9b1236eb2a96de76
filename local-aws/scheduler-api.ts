import { z } from "zod";
import { AwsError } from "./errors.ts";
import { operation } from "./operation.ts";
import type { Service } from "./service.ts";

/** EventBridge Scheduler: returns the schedules of deployed stacks. */
export const scheduler: Service = {
  name: "scheduler",
  protocol: { kind: "rest-json", routes: [["GET", "/schedules/{Name}", "GetSchedule"]] },
  invalidInput: "ValidationException",
  throttled: { code: "ThrottlingException", status: 429, message: "Rate exceeded" },
  operations: {
    GetSchedule: operation(
      z.object({ Name: z.string(), groupName: z.string().default("default") }),
      ({ Name, groupName }, { at: { stacks, partition, region, account } }) => {
        const schedules = [...stacks.values()].flatMap(({ resources }) =>
          resources.filter(({ type, name }) => type === "AWS::Scheduler::Schedule" && name === Name),
        );
        const schedule = schedules.find(({ properties: { GroupName = "default" } }) => GroupName === groupName);
        if (!schedule) throw new AwsError("ResourceNotFoundException", `Schedule ${Name} does not exist.`, 404);
        const Arn = `arn:${partition}:scheduler:${region}:${account}:schedule/${groupName}/${Name}`;
        return { State: "ENABLED", ...schedule.properties, Name, Arn };
      },
    ),
  },
};
