/** The state of a machine that must not be disturbed: taken before and after, and compared. */
import { readFile, readdir } from "node:fs/promises";
import { execa } from "execa";

/** Topic → its lines. */
export type HostSnapshot = Readonly<Record<string, readonly string[]>>;

/** The lines that a command prints, sorted; none when the command is missing or refuses. */
async function lines(command: string, ...args: readonly string[]): Promise<readonly string[]> {
  const { failed, stdout } = await execa(command, args, { lines: true, timeout: 20_000, reject: false });
  return failed ? [] : stdout.filter((line) => line.trim() !== "").sort();
}

/** Counters and clocks are not rules. */
function withoutCounters(rules: readonly string[]): readonly string[] {
  return rules
    .filter((line) => !line.startsWith("#"))
    .map((line) => line.replace(/\[\d+:\d+\]|packets \d+ bytes \d+/g, "[]"));
}

/** Kernel values that change on their own. */
const VOLATILE =
  /nf_conntrack_(count|buckets)|\.(neigh|route)\..*\.(flush|retrans)|\.stable_secret|tcp_fastopen_key|bootid/;

/** Sysctls below net; those of devices are compared through the devices. */
async function sysctls(): Promise<readonly string[]> {
  return (await lines("sysctl", "-a", "--ignore", "-r", "^net\\.")).filter((line) => !VOLATILE.test(line));
}

/** Processes that belong to a lab: every one of them carries its lab's id in its environment. */
async function processes(): Promise<readonly string[]> {
  const found: string[] = [];
  for (const pid of await readdir("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    const environment = await readFile(`/proc/${pid}/environ`, "latin1").catch(() => "");
    if (!/(^|\0)K8SNET_LAB_ID=/.test(environment)) continue;
    const command = await readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => "");
    found.push(`${pid} ${command.replaceAll("\0", " ").trim()}`);
  }
  return found.sort();
}

async function mounts(): Promise<readonly string[]> {
  const table = await readFile("/proc/self/mountinfo", "utf8");
  return table
    .split("\n")
    .map((line) => line.split(" ").slice(3, 5).join(" "))
    .filter((line) => line !== "")
    .sort();
}

async function stateFolders(): Promise<readonly string[]> {
  const folders = [
    "/run/k8snet-lab",
    `${process.env.XDG_RUNTIME_DIR ?? "/nonexistent"}/k8snet-lab`,
    "/run/netns",
    "/etc/netns",
  ];
  const found: string[] = [];
  for (const folder of folders) {
    for (const entry of await readdir(folder).catch(() => [])) found.push(`${folder}/${entry}`);
  }
  return found.sort();
}

/** What a machine's own labs and containers change when they come and go; nothing in a lane can reach it. */
export const OF_LABS: readonly string[] = ["network namespace", "process", "mount", "container", "file"];

/** Reads everything; changes nothing. */
export async function snapshotHost(): Promise<HostSnapshot> {
  return {
    "network namespace": await lines("ip", "netns", "list"),
    device: await lines("ip", "-oneline", "link", "show"),
    address: (await lines("ip", "-oneline", "addr", "show")).map((line) =>
      line.replace(/(valid|preferred)_lft \S+/g, ""),
    ),
    route: [
      ...(await lines("ip", "route", "show", "table", "all")),
      ...(await lines("ip", "-6", "route", "show", "table", "all")),
    ].map((line) => line.replace(/ expires \S+/, "")),
    rule: [...(await lines("ip", "rule")), ...(await lines("ip", "-6", "rule"))],
    "iptables rule": withoutCounters(await lines("iptables-save")),
    "ip6tables rule": withoutCounters(await lines("ip6tables-save")),
    "nftables rule": withoutCounters(await lines("nft", "list", "ruleset")),
    sysctl: await sysctls(),
    process: await processes(),
    mount: await mounts(),
    container: await lines("docker", "ps", "--all", "--quiet", "--no-trunc"),
    file: await stateFolders(),
  };
}

/**
 * One line for each difference, in all topics but some. New sysctls are none: a kernel module that was loaded on demand brings its own; what
 * was there must keep its value. The order of lines is not compared.
 */
export function compareHost(
  before: HostSnapshot,
  after: HostSnapshot,
  except: readonly string[] = [],
): readonly string[] {
  const differences: string[] = [];
  for (const [topic, now] of Object.entries(after)) {
    if (except.includes(topic)) continue;
    const was = new Set(before[topic]);
    const is = new Set(now);
    for (const line of was) if (!is.has(line)) differences.push(`${topic} gone: ${line}`);
    if (topic === "sysctl") continue;
    for (const line of is) if (!was.has(line)) differences.push(`${topic} new: ${line}`);
  }
  return differences;
}
