/** What oracle and installed rules say of the probes whose packets are asked about: three voices must agree. */
import type { AgentClient } from "../../src/agent/client.ts";
import { podDevicesOf } from "../../src/cluster/pod-devices.ts";
import { policyWorld } from "../../src/cluster/policy/policy-world.ts";
import { PolicyRules } from "../../src/installed/policy-rules.ts";
import type { Lab } from "../../src/lab/lab.ts";
import type { Family } from "../../src/net/family.ts";
import { policyPaths } from "../../src/oracle/policy/policy-path.ts";
import type { Disagreement } from "./asked-lab.ts";
import type { PolicyProbe } from "./policies.ts";

const word = (allowed: boolean): string => (allowed ? "allowed" : "denied");

export async function otherVoices(
  client: AgentClient,
  { clusters: [cluster] }: Lab,
  step: string,
  probes: readonly PolicyProbe[],
  family: Family,
): Promise<readonly Disagreement[]> {
  if (cluster === undefined) throw new Error("the lab has no cluster");
  const world = policyWorld(cluster);
  const nodes = cluster.nodes.map(({ name }) => name);
  const rules = await PolicyRules.read(client, cluster, nodes, family, podDevicesOf);
  const pods = new Map(cluster.pods.map((pod) => [`${pod.namespace}/${pod.name}`, pod]));
  return probes.flatMap(({ from, to, port, protocol, allowed }): Disagreement[] => {
    const [source, address] = [pods.get(from), pods.get(to)?.address[family]];
    if (source === undefined || address === undefined) throw new Error(`no pod ${from} or ${to}`);
    const end = { text: from, ns: source.ns, node: source.node, pod: source, addresses: source.address };
    const [path] = policyPaths(cluster, world, end, { address, port }, protocol, family) ?? [];
    const installed = path === undefined ? undefined : rules.judge(path);
    const said = [
      ["oracle", path === undefined ? "unknown" : word(path.judgement.allowed)],
      ["installed rules", installed === undefined ? "unknown" : word(installed.allowed)],
    ] as const;
    const probe = `${from} to ${to} ${protocol} ${port} (${family})`;
    return said.flatMap(([voice, found]) =>
      found === word(allowed) ? [] : [{ step, probe: `${voice}: ${probe}`, expected: word(allowed), found }],
    );
  });
}
