/** `k8snet-lab modes`: what each node's kube-proxy does for one Service, measured: rules, hops, latency, and which client the backend sees. */
import { withLab } from "../with-lab.ts";
import { Option, type Command } from "commander";
import type { AgentClient } from "../../agent/client.ts";
import { followRules } from "../../installed/read-rules.ts";
import { serviceCase } from "../../checks/service/deciding-node.ts";
import { UsageError } from "../../errors.ts";
import type { ClusterModel } from "../../cluster/cluster.ts";
import type { ClusterNode } from "../../kube/node/cluster-node.ts";
import type { Lab } from "../../lab/lab.ts";
import type { Target } from "../../net/target.ts";
import { podText, resolveTarget } from "../../targets/parse-target.ts";
import { engineOf } from "../../cluster/kube-proxy/modes.ts";
import type { Family } from "../../net/family.ts";
import { paint } from "../../report/color.ts";
import { formatTable } from "../../report/table.ts";
import type { CliContext } from "../context.ts";
import { readEndpointArgument, type EndpointArgument } from "../explain/endpoint-argument.ts";
import { firstService } from "../first-service.ts";
import { RULE_COUNTS } from "../modes/rule-count.ts";
import { addDriverOptions, addExample, type DriverOptions } from "../options.ts";
import { clusterNamed, clusterTowards } from "../../cluster/lab-clusters.ts";
import { namespacedName } from "../../net/object-ref.ts";

/** Connections per node; the median time is shown. */
const CONNECTIONS = 15;
const PATIENCE = 5000;

interface Row {
  /** `svc/web:80`. */
  readonly service: string;
  readonly node: string;
  readonly mode: string;
  readonly client: string;
  /** What kube-proxy has on the node in all. */
  readonly rules: string;
  /** How many of them a connection passes, on its longest path. */
  readonly hops: number;
  /** Milliseconds from the first packet to the answer, the median of all connections; null: no answer. */
  readonly ms: number | null;
  readonly answered: number;
  readonly connections: number;
  readonly sources: readonly string[];
}

export function configure(command: Command, context: CliContext): void {
  command
    .description(
      "Connect to a Service from every node and show how the node's kube-proxy mode handles it: how many rules it has in all, how many of them a connection passes (hops), how long the first answer takes, and which source address the backends see.",
    )
    .argument("<LAB>", "name of a running lab, or its file")
    .argument("[SERVICE]", "svc/NAME or svc/NAME:PORT; default: each cluster's first with endpoints")
    .addOption(new Option("--family <FAMILY>", "default: the lab's first").choices(["ipv4", "ipv6"]))
    .option("--json", "one JSON array");
  addDriverOptions(command).action(
    (labText: string, service: string | undefined, options: DriverOptions & { json?: boolean; family?: Family }) =>
      withLab(labText, options, context, async ({ client, lab }) => {
        const tables: (readonly Row[])[] = [];
        // One after the other: none is to wait for another.
        for (const { to, cluster } of asked(lab, service)) {
          const rows: Row[] = [];
          for (const node of cluster.nodes) rows.push(await measure(client, lab, cluster, node, to, options.family));
          tables.push(rows);
        }
        context.stdout.write(
          options.json === true
            ? `${JSON.stringify(tables.flat(), null, 2)}\n`
            : tables.map((rows) => format(rows, context)).join("\n"),
        );
      }),
  );
  addExample(command, "k8snet-lab modes kube-proxy-modes", "k8snet-lab modes kube-proxy-modes svc/web:80 --json");
}

/** What is connected to, and from the nodes of which cluster: the named one, or each cluster's first Service with endpoints. */
function asked(
  lab: Lab,
  text: string | undefined,
): readonly { readonly to: EndpointArgument; readonly cluster: ClusterModel }[] {
  if (lab.clusters.length === 0) throw new UsageError(`lab ${lab.name} has no cluster, so it has no kube-proxy`);
  const found =
    text === undefined
      ? lab.clusters.flatMap((cluster) => {
          const first = firstService(cluster);
          return first === undefined ? [] : [{ to: readEndpointArgument(lab, first), cluster }];
        })
      : [readEndpointArgument(lab, text)].flatMap((to) => {
          const [address = ""] = Object.values(to.addresses);
          const cluster =
            to.service === undefined
              ? clusterTowards(lab, { node: "" }, address)
              : clusterNamed(lab, to.service.cluster);
          return cluster === undefined ? [] : [{ to, cluster }];
        });
  if (found.length > 0) return found;
  throw new UsageError(`lab ${lab.name} has no Service with endpoints over TCP`, "name one: svc/NAME:PORT");
}

/** A pod of the node that is not an endpoint of anything, else the node itself. */
function clientOn(lab: Lab, cluster: ClusterModel, node: ClusterNode): Target {
  const endpoints = new Set(cluster.slices.flatMap((slice) => slice.endpoints.flatMap((one) => one.pod ?? [])));
  const pod = cluster.pods.find(
    (one) => one.node === node.name && !one.hostNetwork && !endpoints.has(namespacedName(one)),
  );
  return resolveTarget(lab, pod === undefined ? node.name : podText(pod));
}

async function measure(
  client: AgentClient,
  lab: Lab,
  cluster: ClusterModel,
  node: ClusterNode,
  to: EndpointArgument,
  asked: Family | undefined,
): Promise<Row> {
  const from = clientOn(lab, cluster, node);
  const family = asked ?? lab.families.find((one) => to.addresses[one] !== undefined) ?? "ipv4";
  const address = to.addresses[family];
  if (address === undefined) throw new UsageError(`${to.text} has no address in this family`, "try --family");
  const place = await serviceCase({ client, lab }, { port: to.port, protocol: "tcp" }, from, address, family);
  if ("problem" in place) throw new UsageError(place.problem);
  const { mode } = place.input.proxy;
  const engine = engineOf(place.input.proxy);
  const { ways } = await followRules(client, place.node.name, engine, place.packet);
  const probe = { kind: "tcp", ns: from.ns, to: address, port: to.port, timeout: PATIENCE, family } as const;
  const times: number[] = [];
  const sources = new Set<string>();
  for (let i = 0; i < CONNECTIONS; i++) {
    const { results } = await client.call("probe", { probes: [probe] });
    const [result] = results;
    if (result?.outcome !== "open") continue;
    times.push(result.ms);
    if (result.sourceIP !== undefined) sources.add(result.sourceIP);
  }
  return {
    service: to.text,
    node: place.node.name,
    mode,
    client: from.text,
    rules: await RULE_COUNTS[engine](client, place.node.name, family),
    hops: Math.max(0, ...ways.map((way) => way.steps.length)),
    ms: times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? null,
    answered: times.length,
    connections: CONNECTIONS,
    sources: [...sources].toSorted(),
  };
}

function format(rows: readonly Row[], context: CliContext): string {
  const color = paint(context.stdout, context.env);
  const table = formatTable(
    ["NODE", "MODE", "RULES", "HOPS", "FIRST PACKET", "CLIENT", "BACKEND SEES"].map(color.bold),
    rows.map((row) => [
      row.node,
      row.mode,
      row.rules,
      String(row.hops),
      row.ms === null ? color.red("no answer") : `${row.ms.toFixed(2)} ms`,
      row.client,
      row.sources.join(", "),
    ]),
  );
  const [first] = rows;
  return `${color.bold(first?.service ?? "")}, ${first?.connections ?? 0} connections from each node\n${table}`;
}
