/** What others add to a lab, and that the commands that `up --dry-run` prints for it remove it when they are pasted. */
import { join } from "node:path";
import { expect } from "vitest";
import { execa } from "execa";
import { cli } from "./cli.ts";
import type { CliOptions } from "./cli.ts";

const CALLED = join(import.meta.dirname, "../../dist/bin/k8snet-lab");

const NODE = [
  'iptables -I FORWARD -m comment --comment "it\'s mine" -j DROP',
  "iptables -t nat -N MINE",
  "nft add table inet fw",
  "ip route add blackhole 10.244.9.0/24",
  "ip rule add from 10.244.0.2 lookup 99",
  "ip addr add 10.99.0.1/24 dev eth0",
  "ip link add br9 type bridge",
  "ip neigh add 192.168.50.99 lladdr 02:00:00:00:00:99 dev eth0",
  "bridge fdb append 02:00:00:00:00:77 dev flannel.1 dst 192.168.50.99 self",
  "tc qdisc add dev eth0 root tbf rate 1mbit burst 10k latency 5ms",
  "tc qdisc add dev eth0 ingress",
  "sysctl -w net.ipv4.conf.eth0.arp_ignore=1",
];
const POD = ["iptables -A INPUT -j DROP", "ip route add blackhole 10.3.0.0/16"];
const FILES = ["/etc/resolv.conf", "/etc/hosts"];

/** `file`: labs/overlay.yaml, which is up. */
export async function othersAddAndRemove(file: string, options: CliOptions): Promise<void> {
  const env = { ...options.env, K8SNET_LAB_CALLED: CALLED };
  const run = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await cli(args, { ...options, env });
    expect([code, args, stderr]).toEqual([0, args, ""]);
    return stdout;
  };
  await run("exec", "overlay", "node1", "--", "sh", "-ec", NODE.join("\n"));
  await run("exec", "overlay", "pod/client", "--", "sh", "-ec", POD.join("\n"));
  const named = await run("up", file, "--dry-run", "--plain");
  expect(named).toContain(`${NODE.length + POD.length} things are not part of this lab`);
  const remove = named.split("\n").flatMap((line) => /^ +remove it: (.+)$/.exec(line)?.[1] ?? []);
  expect(remove).toHaveLength(NODE.length + POD.length);
  // As whoever called us, in his shell.
  await execa("bash", ["-ec", remove.join("\n")], {
    env: { PATH: process.env["PATH"], ...env },
    extendEnv: false,
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  });
  expect(await run("up", file, "--dry-run", "--plain")).toContain("nothing differs from the lab file");

  const change = FILES.map((path) => `echo '192.0.2.9 nobody' >> ${path}`).join("; ");
  for (const place of ["node1", "pod/client"]) await run("exec", "overlay", place, "--", "sh", "-ec", change);
  expect(await run("up", file, "--no-checks", "--plain")).toContain("4 changes applied");
  expect(await run("exec", "overlay", "pod/client", "--", "cat", ...FILES)).not.toContain("nobody");
}
