import { describe, expect, test } from "vitest";
import { theKubelet } from "../../../lambda/kubelet/process.ts";
import { cannotRunNodes } from "../../../local-aws/real-node.ts";
import { evidenceFrom, node, put, replace } from "./real-node.ts";

const obstacle = cannotRunNodes();

const config = "/etc/kubernetes/kubelet/config.json";
const kubelet = `/usr/bin/kubelet --config=${config} & sleep 0.2\n`;

/** Limits the CPU time of the shell, and of each program that it starts, to 3 seconds. */
const limited = "ulimit -t 3\n";
const line = "head -c 30000000 /dev/zero | tr '\\000' x";

describe.skipIf(obstacle !== undefined)(`on a hostile node${obstacle ? ` (${obstacle})` : ""}`, () => {
  test.each(["dash", "bash"])("%s reads only the beginning of a release and a version file of 30 MB", async (shell) => {
    const commands = `${line} >/etc/os-release; ${line} >/etc/eks/kubelet-version.txt\n${kubelet}${limited}${shell} /collect.sh`;
    const evidence = await evidenceFrom(node(), commands);
    expect(theKubelet(evidence)).toMatchObject({ process: { version: "v1.34.2-eks-ecaa3a6" } });
    expect(evidence.os).toEqual({});
  });

  test.each([config, "/etc/os-release", "/etc/eks/kubelet-version.txt"])(
    "the collector does not read the kernel's messages if %s links to them",
    async (path) => {
      const evidence = await evidenceFrom(node(), `ln -sf /proc/kmsg ${path}\n${kubelet}sh /collect.sh`);
      expect(theKubelet(evidence)).toHaveProperty("process");
      const problem = path === config ? "it is not a file on a disk" : undefined;
      expect(evidence.files.get(config)?.problem).toBe(problem);
    },
  );

  test.each([1, 2])(
    "evidence of a user who cannot see other users' processes does not show a node without a kubelet: hidepid=%i",
    async (level) => {
      const become = "setpriv --reuid=65534 --regid=65534 --clear-groups";
      const commands = `${kubelet}chmod 644 /collect.sh; mount -o remount,hidepid=${level} /proc; ${become} sh /collect.sh`;
      expect(theKubelet(await evidenceFrom(node(), commands))).toMatchObject({
        unreadable: { code: "EVIDENCE_INCOMPLETE", because: expect.stringContaining("could not list the processes") },
      });
    },
  );

  test("300 processes of containers in the host's PID namespace do not hide the kubelet", async () => {
    const many = "i=0; while [ $i -lt 300 ]; do /usr/bin/kubelet & i=$((i + 1)); done; sleep 60";
    const commands = `unshare --mount sh -c '${many}' & sleep 1\n${kubelet}sh /collect.sh`;
    const evidence = await evidenceFrom(node(), commands);
    expect(theKubelet(evidence)).toMatchObject({ process: { argv: ["/usr/bin/kubelet", `--config=${config}`] } });
  });

  test("a kubelet that ends before its command line is read gives incomplete evidence, not a node without a kubelet", async () => {
    const root = node();
    replace(root, "readlink", 'kill -KILL "$(cat /pid)"; sleep 0.1; exec $real "$@"');
    const start = `sh -c 'echo $$ >/pid; exec /usr/bin/kubelet' & sleep 0.2\n`;
    const evidence = await evidenceFrom(root, `${start}${put("readlink")}sh -c 'sh /collect.sh & wait'; wait`);
    expect(theKubelet(evidence)).toMatchObject({ unreadable: { code: "EVIDENCE_INCOMPLETE" } });
  });

  test("two kubelets that end while they are read give incomplete evidence", async () => {
    const root = node();
    replace(root, "stat", 'kill -KILL $(cat /pids) 2>/dev/null; exec $real "$@"');
    const start = (verbosity: number) => `/usr/bin/kubelet --config=${config} --v=${verbosity} & echo $! >>/pids\n`;
    const evidence = await evidenceFrom(root, `${start(1)}${start(2)}sleep 0.2\n${put("stat")}sh /collect.sh`);
    expect(theKubelet(evidence)).toMatchObject({ unreadable: { code: "EVIDENCE_INCOMPLETE" } });
  });

  test.each(["dash", "bash"])("%s reads no file that a command line over the limit names", async (shell) => {
    const flags = "$(i=0; while [ $i -lt 5000 ]; do echo --config=$i; i=$((i + 1)); done)";
    const eight = `for n in 1 2 3 4 5 6 7 8; do /usr/bin/kubelet ${flags} & done; sleep 1\n`;
    const evidence = await evidenceFrom(node(), `${eight}${shell} /collect.sh`);
    expect([evidence.kubelets.length, evidence.files.size, evidence.remarks.length]).toEqual([8, 0, 8]);
  });
});
