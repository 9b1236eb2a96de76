import type { Fault } from "../../local-aws/traffic.ts";
import type { Beginning } from "./beginnings.ts";

/** One cell of the matrix: the state before the run, the operation that fails, and how it fails. */
export interface Cell {
  beginning: Beginning;
  operation: string;
  wrong: string;
  faults: Fault[];
}

/** States before the run that are combined with every fault. */
const usual: readonly Beginning[] = ["nothing", "ledgers and findings", "findings whose ledgers are lost"];

/** States before the run that are combined only with the faults in `often`. */
const rare: readonly Beginning[] = [
  "ledgers whose findings are lost",
  "ledgers with impossible times",
  "older ledgers",
  "a hostile command line",
];

export const beginnings: readonly Beginning[] = [...usual, ...rare];

const lists = [
  "eks:ListClusters",
  "eks:ListNodegroups",
  "eks:ListFargateProfiles",
  "ec2:DescribeInstances",
  "ssm:DescribeInstanceProperties",
  "ssm:DescribeInstanceInformation",
  "ssm:ListDocuments",
  "ssm:ListCommands",
  "ssm:ListCommandInvocations",
  "s3:ListObjectsV2",
  "securityhub:GetFindings",
];

const others = [
  "eks:DescribeCluster",
  "eks:DescribeNodegroup",
  "ssm:DescribeDocument",
  "ssm:GetDocument",
  "ssm:SendCommand",
  "ssm:GetCommandInvocation",
  "s3:GetObject",
  "s3:PutObject",
  "securityhub:BatchImportFindings",
];

type Wrong = Omit<Fault, "operation">;

/** More attempts than the SDK makes. */
const always = 100;

const everywhere: Readonly<Record<string, Wrong>> = {
  "is throttled": { error: "throttled" },
  "is throttled for good": { error: "throttled", times: always },
  "answers 500": { error: { code: "InternalServerError", status: 500 } },
  "answers 503": { error: { code: "ServiceUnavailable", status: 503 } },
  "loses the connection before AWS executes it": { dropConnection: "before" },
  "loses the connection after AWS executed it": { dropConnection: "after" },
  "answers late": { latency: 1_500 },
  // Milliseconds. The function repeats a call after 30 seconds without a reply.
  hangs: { latency: 31_000 },
  "goes wrong twice": { error: { code: "InternalServerError", status: 500 }, times: 2 },
  "goes wrong at the second call": { error: { code: "InternalServerError", status: 500 }, after: 1 },
  "never works": { error: { code: "InternalServerError", status: 500 }, times: always },
};

/** Faults that are combined with the rare beginnings. */
const often = ["is throttled", "loses the connection after AWS executed it", "never works"];

const onLists: Readonly<Record<string, Wrong>> = {
  "has an empty page first": { page: "empty" },
  "has a page twice": { page: "again" },
};

/** Faults of eventual consistency: AWS does not return new objects at once. */
const eventually: readonly [operation: string, wrong: Wrong][] = [
  ["ssm:ListCommands", { page: "not yet" }],
  ["ssm:ListCommandInvocations", { page: "not yet" }],
  ["ssm:GetCommandInvocation", { error: { code: "InvocationDoesNotExist" } }],
];

function cell(operation: string, wrong: string, fault: Wrong): Cell[] {
  const among = often.includes(wrong) ? beginnings : usual;
  return among.map((beginning) => ({ beginning, operation, wrong, faults: [{ operation, ...fault }] }));
}

/** Each operation × each fault × each beginning. */
const everywhereIn = (operations: readonly string[]) =>
  operations.flatMap((operation) =>
    Object.entries(everywhere).flatMap(([wrong, fault]) => cell(operation, wrong, fault)),
  );

export const listCells: readonly Cell[] = [
  ...everywhereIn(lists),
  ...lists.flatMap((operation) => Object.entries(onLists).flatMap(([wrong, fault]) => cell(operation, wrong, fault))),
];

export const otherCells: readonly Cell[] = [
  ...everywhereIn(others),
  ...eventually.flatMap(([operation, fault]) => cell(operation, "does not know yet", fault)),
];

/** Every operation that a run calls. */
export const matrix: readonly Cell[] = [...listCells, ...otherCells];

/**
 * Returns `count` cells, the same ones for the same `seed`. Omits calls that hang, because each of them takes 30
 * seconds.
 */
export function sample(count: number, seed: number): Cell[] {
  let state = seed;
  // Source: Numerical Recipes, the linear congruential generator "ranqd1".
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state;
  };
  return matrix
    .filter(({ wrong }) => wrong !== "hangs")
    .map((each) => ({ each, rank: next() }))
    .sort((one, other) => one.rank - other.rank)
    .slice(0, count)
    .map(({ each }) => each);
}
