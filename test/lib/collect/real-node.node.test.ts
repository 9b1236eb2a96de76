import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readEvidence } from "../../../lambda/evidence/evidence.ts";
import { theKubelet } from "../../../lambda/kubelet/process.ts";
import { cannotRunNodes, runOnNode } from "../../../local-aws/real-node.ts";
import { evidenceFrom, node, put, replace } from "./real-node.ts";

const obstacle = cannotRunNodes();

const config = "/etc/kubernetes/kubelet/config.json";
const kubelet = `/usr/bin/kubelet --config=${config} & sleep 0.2\n`;

describe.skipIf(obstacle !== undefined)(`on a node of real processes${obstacle ? ` (${obstacle})` : ""}`, () => {
  test.each(["dash", "bash", "busybox sh"])("%s finds the kubelet and its files", async (shell) => {
    const evidence = await evidenceFrom(node(), `${kubelet}${shell} /collect.sh`);
    expect(theKubelet(evidence)).toMatchObject({
      process: { argv: ["/usr/bin/kubelet", `--config=${config}`], uid: 0, ppid: 1, namespaces: "host", cwd: "/" },
    });
    expect(evidence.files.get(config)).toMatchObject({ kind: "file", content: expect.any(Buffer) });
    expect(evidence.files.get("/etc/kubernetes/pki/ca.crt")?.certificates).toHaveLength(1);
    expect(evidence.remarks).toEqual([]);
  });

  test("the version comes from the version file if the kubelet's file is older", async () => {
    const evidence = await evidenceFrom(node(), `${kubelet}sh /collect.sh`);
    expect(evidence.kubelets[0]).toMatchObject({ versionFrom: "/etc/eks/kubelet-version.txt" });
  });

  test.each([
    [
      "is newer than the version file",
      `cat /usr/bin/kubelet >/new; chmod 755 /new; mv /new /usr/bin/kubelet\n${kubelet}`,
    ],
    ["was replaced while it ran", `cp /usr/bin/kubelet /new\n${kubelet}mv /new /usr/bin/kubelet\n`],
  ])("the version comes from kubelet --version if the kubelet %s", async (_, commands) => {
    const evidence = await evidenceFrom(node(), `${commands}sh /collect.sh`);
    expect(evidence.kubelets[0]).toMatchObject({ version: "v1.34.2-eks-ecaa3a6", versionFrom: "kubelet --version" });
  });

  test.each([
    ["a user", "setpriv --reuid=65534 --regid=65534 --clear-groups"],
    ["root", ""],
  ])("a process of %s with a command line of one gigabyte does not affect the evidence", async (_, become) => {
    // A limit on the address space ends any program that tries to read it all.
    const commands = `${kubelet}${become} /usr/bin/kubelet --huge & sleep 0.5\nulimit -v 200000; sh /collect.sh`;
    const evidence = await evidenceFrom(node(), commands);
    expect(evidence.kubelets.some(({ argv }) => argv.includes(`--config=${config}`))).toBe(true);
    if (become !== "") expect(theKubelet(evidence)).toMatchObject({ process: { uid: 0 } });
  });

  test("an agent in a separate mount namespace reads the kubelet's files", async () => {
    const other = `cp -r /etc/kubernetes /other; echo '{"kind": "KubeletConfiguration"}' >/other/kubelet/config.json\n`;
    const commands = `${other}${kubelet}unshare --mount --propagation unchanged sh -c 'mount --bind /other /etc/kubernetes; sh /collect.sh'`;
    const evidence = await evidenceFrom(node(), commands);
    expect(String(evidence.files.get(config)?.content)).toContain('"readOnlyPort": 0');
    expect(evidence.remarks).toEqual([expect.stringContaining("its own mount namespace")]);
  });

  test("a kubelet in another mount namespace than process 1 is not the node's kubelet", async () => {
    const evidence = await evidenceFrom(node(), `unshare --mount --propagation unchanged ${kubelet}sh /collect.sh`);
    expect(theKubelet(evidence)).toMatchObject({
      unreadable: { code: "NO_KUBELET", because: expect.stringContaining("runs in its own namespaces") },
    });
  });

  test("an agent that may not read other processes' namespaces reads the files of its own namespace", async () => {
    const commands = `${kubelet}setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace sh -c 'sh /collect.sh'`;
    const evidence = await evidenceFrom(node(), commands);
    expect(theKubelet(evidence)).toMatchObject({ process: { namespaces: "unknown" } });
    expect(evidence.files.get(config)).toMatchObject({ kind: "file", content: expect.any(Buffer) });
    expect(evidence.remarks.join()).toContain("namespaces cannot be compared");
  });

  test("a kubelet without capabilities is found by an agent that may not read the namespaces of process 1", async () => {
    const bare = `setpriv --bounding-set=-all --inh-caps=-all /usr/bin/kubelet --config=${config} & sleep 0.2\n`;
    const collect = `setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace sh -c 'sh /collect.sh'`;
    const evidence = await evidenceFrom(node(), `${bare}${collect}`);
    expect(theKubelet(evidence)).toMatchObject({ process: { namespaces: "unknown" } });
  });

  test.each([
    ["that is not root", "hidepid=2", "--reuid=65534 --regid=65534 --clear-groups"],
    ["of root without SYS_PTRACE", "hidepid=ptraceable", "--bounding-set=-sys_ptrace --inh-caps=-sys_ptrace"],
  ])("an agent %s gets a reason of its own if %s hides the kubelet", async (_, option, restrict) => {
    const commands = `mount -o remount,${option} /proc\n${kubelet}setpriv ${restrict} sh -c 'sh /collect.sh'`;
    expect(theKubelet(await evidenceFrom(node(), commands))).toMatchObject({
      unreadable: { code: "EVIDENCE_INCOMPLETE", fix: expect.stringMatching(/SYS_PTRACE.+hidepid/) },
    });
  });

  test("a kubelet that process 1 started is preferred to one that a shell started", async () => {
    const other = `sh -c '/usr/bin/kubelet --config=/other & wait' & sleep 0.2\n`;
    const evidence = await evidenceFrom(node(), `${other}${kubelet}sh /collect.sh`);
    expect(evidence.kubelets).toHaveLength(2);
    expect(theKubelet(evidence)).toMatchObject({
      process: { argv: ["/usr/bin/kubelet", `--config=${config}`], ppid: 1 },
    });
  });

  test.each([
    ["a second document of another kind", `{"kind": "KubeletConfiguration"}\n---\nkind: !!str Secret\nx: hunter2\n`],
    ["a folded kind", "kind: >-\n  Secret\nx: hunter2\n"],
    ["an escaped kind", '{"kind": "\\u0043onfig", "x": "KubeletConfiguration hunter2"}'],
    ["the kind only in a comment", "# kind: KubeletConfiguration\nx: hunter2\n"],
    ["UTF-16", Buffer.from("kind: KubeletConfiguration\nx: hunter2\n", "utf16le")],
  ])("the evidence contains nothing secret of a file with %s", async (_, content) => {
    const root = node();
    writeFileSync(join(root, config), content);
    const { files } = await evidenceFrom(root, `${kubelet}sh /collect.sh`);
    expect(files.get(config)).toMatchObject({ kind: "file" });
    expect(`${files.get(config)?.content}`.replaceAll("\0", "")).not.toContain("hunter2");
  });

  test.each([
    ["ends", ""],
    [
      "restarts with the same process id",
      `sleep 0.1; echo $((pid - 1)) >/proc/sys/kernel/ns_last_pid; /usr/bin/kubelet --config=${config} </dev/null >/dev/null &`,
    ],
  ])("a kubelet that %s while its files are read gives incomplete evidence", async (_, then) => {
    const root = node();
    const kill = `pid=$(cat /pid); kill -KILL $pid; ${then}`;
    replace(root, "stat", `if ! [ -f /killed ]; then : >/killed; ${kill}\nfi; exec $real "$@"`);
    const commands = `/usr/bin/kubelet --config=${config} & echo $! >/pid; sleep 0.2\n${put("stat")}sh /collect.sh`;
    const { stdout } = await runOnNode(root, commands);
    expect(theKubelet(readEvidence(stdout))).toMatchObject({
      unreadable: { code: "EVIDENCE_INCOMPLETE", because: expect.stringContaining("ended or restarted") },
    });
  });

  test.each(["dash", "bash"])(
    "%s with too few file descriptors never reports a node without a kubelet",
    async (shell) => {
      const { stdout } = await runOnNode(
        node(),
        `${kubelet}for n in 3 4 5 6 8 10; do (ulimit -n $n; ${shell} /collect.sh); done`,
      );
      for (const output of stdout.split(/(?=^eks-kubelet-evidence)/m)) expect(reasonFor(output)).not.toBe("NO_KUBELET");
    },
  );

  test.for(["dash", "busybox sh"])(
    "%s with a limit on processes never reports a node without a kubelet",
    async (shell, { skip }) => {
      const group = `/limit/collect-${process.pid}-${shell[0]}`;
      const collect = `sh -c 'echo $$ >${group}/cgroup.procs; exec ${shell} /collect.sh'`;
      const commands = `${kubelet}mkdir /limit; mount -t cgroup -o pids none /limit && mkdir ${group} || exit 0
        for n in 3 4 5 6 7 8 10 12; do echo $n >${group}/pids.max; ${collect}; done
        for second in 1 2 3 4 5; do busybox rmdir ${group} && exit; sleep 1; done`;
      const { stdout } = await runOnNode(node(), commands);
      if (stdout === "") skip("needs the pids controller of cgroup v1");
      const reasons = stdout.split(/(?=^eks-kubelet-evidence)/m).map(reasonFor);
      expect(reasons.length).toBeGreaterThan(4);
      expect(reasons).not.toContain("NO_KUBELET");
    },
  );

  test("killing the collector's process group ends every process that it started", async () => {
    const root = node();
    replace(root, "gawk", "exec sleep 60");
    const commands = `${kubelet}${put("gawk")}setsid sh /collect.sh >/dev/null & sleep 1
      kill -s KILL -- -$!; sleep 0.2; for proc in /proc/[0-9]*; do read -r name <$proc/comm && echo $name; done`;
    const { stdout } = await runOnNode(root, commands);
    expect(stdout.trim().split("\n").sort()).toEqual(["kubelet", "sh"]);
  });
});

function reasonFor(output: string): string | undefined {
  try {
    const found = theKubelet(readEvidence(output));
    return "unreadable" in found ? found.unreadable.code : undefined;
  } catch (error) {
    return String(error);
  }
}
