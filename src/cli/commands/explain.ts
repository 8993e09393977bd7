/** `k8snet-lab explain`: what happens to a packet to a Service, rule by rule, and why each rule is there. */
import { withLab } from "../with-lab.ts";
import { splitHostPort, joinHostPort } from "../../net/host-port.ts";
import { engineOf } from "../../cluster/kube-proxy/modes.ts";
import { Option, type Command } from "commander";
import type { AgentClient } from "../../agent/client.ts";
import { followRules } from "../../installed/read-rules.ts";
import { verdictOf } from "../../installed/verdict.ts";
import { serviceCase } from "../../checks/service/deciding-node.ts";
import { UsageError } from "../../errors.ts";
import type { Lab } from "../../lab/lab.ts";
import type { Target } from "../../net/target.ts";
import { podText, resolveTarget } from "../../targets/parse-target.ts";
import { asBackendSees } from "../../checks/service/comparison.ts";
import { decide } from "../../oracle/service/service-oracle.ts";
import { isServiceText } from "../../targets/service-target.ts";
import { pathText } from "../../cluster/cni/path-text.ts";
import type { ClusterNode } from "../../kube/node/cluster-node.ts";
import type { ServiceModel } from "../../kube/service/service.ts";
import type { Family } from "../../net/family.ts";
import { paint } from "../../report/color.ts";
import type { CliContext } from "../context.ts";
import { formatChain } from "../explain/chain-view.ts";
import { explainUrl } from "../explain/explain-url.ts";
import { readRequestUrl } from "../explain/request-url.ts";
import { readEndpointArgument, requireService, type EndpointArgument } from "../explain/endpoint-argument.ts";
import { formatPacket, type ExplainedPacket } from "../explain/format-ways.ts";
import { ruleCauses } from "../../installed/rule-causes.ts";
import { protocolOf, waysIn, type ExplainProtocol } from "../explain/service-ways.ts";
import { formatService } from "../../report/service-summary.ts";
import { addDriverOptions, addExample, type DriverOptions } from "../options.ts";
import { clusterNamed, labPods } from "../../cluster/lab-clusters.ts";

interface ExplainOptions extends DriverOptions {
  readonly udp?: boolean;
  readonly family?: Family;
  readonly json?: boolean;
}

/** Chains of kube-proxy and the network plugins: `KUBE-SVC-…`, `service-H-ns/name/tcp/port`. */
const CHAIN = /^([A-Z]+-[A-Z0-9-]+|(service|external|firewall|endpoint|local)-[A-Z0-9]{8}-.+)$/;

export function configure(command: Command, context: CliContext): void {
  command
    .description(
      "Show what happens to a packet sent to a Service: the chains and rules on its way with their counters, each with the line of YAML that caused it. With one Service: its addresses, endpoints, and every way in. With the name of a chain: where its rules come from. With a URL, which is requested once: also what the proxies on the way do with the request, and why.",
    )
    .argument("<LAB>", "name of a running lab, or its file")
    .argument("<FROM>", "who sends: pod/NAME, node1, internet; or svc/NAME; or a chain: KUBE-SVC-…")
    .argument("[TO]", "where to: svc/NAME:PORT, node1:30080, 10.96.0.10:53, https://shop.example/cart")
    .option("--udp", "a datagram instead of a TCP connection (where a Service has the port for both)")
    .addOption(new Option("--family <FAMILY>", "default: the lab's first that both have").choices(["ipv4", "ipv6"]))
    .option("--json", "one JSON object per packet");
  addDriverOptions(command).action(
    async (labText: string, from: string, to: string | undefined, options: ExplainOptions) => {
      const text = await withLab(labText, options, context, ({ client, lab }) =>
        explain(client, lab, from, to, options, context),
      );
      context.stdout.write(text);
    },
  );
  addExample(
    command,
    "k8snet-lab explain clusterip svc/web",
    "k8snet-lab explain clusterip pod/client svc/web:80",
    "k8snet-lab explain nodeport internet node1:30080",
    "k8snet-lab explain clusterip KUBE-SVC-CDGGSHYLG3RE2FKL",
    "k8snet-lab explain ingress internet http://shop.example/cart",
  );
}

async function explain(
  client: AgentClient,
  lab: Lab,
  from: string,
  to: string | undefined,
  options: ExplainOptions,
  context: CliContext,
): Promise<string> {
  if (lab.clusters.length === 0)
    throw new UsageError(
      `lab ${lab.name} has no cluster, and explain follows packets through the rules of a cluster's nodes`,
      `k8snet-lab inspect ${lab.name} shows routes and rules, k8snet-lab capture ${lab.name} TARGET where packets pass`,
    );
  const color = paint(context.stdout, context.env);
  const show = (packets: readonly ExplainedPacket[]): string =>
    options.json === true
      ? packets.map((packet) => `${JSON.stringify(jsonPacket(packet))}\n`).join("")
      : packets.map((packet) => formatPacket(packet, color)).join("\n");
  const url = to === undefined ? undefined : readRequestUrl(to);
  if (url !== undefined) {
    const sender = resolveTarget(lab, from);
    const story = { client, lab, from: sender, url, family: options.family };
    return explainUrl(story, (end) => explainPacket(client, lab, sender, end, "tcp", options.family), color);
  }
  if (to !== undefined) {
    const end = readEndpointArgument(lab, to);
    const protocol = options.udp === true ? "udp" : protocolOf(end.service, end.port);
    return show([await explainPacket(client, lab, resolveTarget(lab, from), end, protocol, options.family)]);
  }
  if (isServiceText(from)) {
    const service = requireService(lab, from);
    const packets = await explainService(client, lab, service, options.family);
    const cluster = clusterNamed(lab, service.cluster);
    if (options.json === true || cluster === undefined) return show(packets);
    return [formatService(cluster, service, color), ...packets.map((packet) => formatPacket(packet, color))].join("\n");
  }
  if (CHAIN.test(from)) {
    const chain = await formatChain(client, lab, from, color);
    if (chain !== undefined) return chain;
    throw new UsageError(
      `no node of ${lab.name} has a chain ${from}`,
      `k8snet-lab explain ${lab.name} svc/NAME shows the chains of a Service`,
    );
  }
  throw new UsageError(
    "missing destination",
    `add one, svc/NAME:PORT or pod/NAME:PORT; what ${from} itself has: k8snet-lab inspect ${lab.name} ${from}`,
  );
}

/** Everything that the text shows, with all ways and all of their steps. */
function jsonPacket({ title, node, mode, oracle, ways, unread, affinitySeconds, causes }: ExplainedPacket): unknown {
  return {
    title,
    node,
    mode,
    kubernetes: jsonVerdict(oracle),
    affinitySeconds,
    unread,
    ways: ways.map((way) => ({ ...way, steps: way.steps.map((step) => ({ ...step, cause: causes(step) })) })),
  };
}

function jsonVerdict(verdict: ExplainedPacket["oracle"]): unknown {
  return verdict.kind === "endpoints"
    ? { kind: verdict.kind, endpoints: Object.fromEntries(verdict.masqueraded) }
    : verdict;
}

/** Families that both ends have, the asked one or the lab's first of them. */
function chooseFamily(lab: Lab, from: Target, to: EndpointArgument, asked: Family | undefined): Family {
  const fits = (family: Family): boolean => from.addresses[family] !== undefined && to.addresses[family] !== undefined;
  const found = (asked === undefined ? lab.families : [asked]).find(fits);
  if (found !== undefined) return found;
  throw new UsageError(`${from.text} and ${to.text} have no address family in common`, "try --family ipv4 or ipv6");
}

async function explainPacket(
  client: AgentClient,
  lab: Lab,
  from: Target,
  to: EndpointArgument,
  protocol: ExplainProtocol,
  asked?: Family,
): Promise<ExplainedPacket> {
  const family = chooseFamily(lab, from, to, asked);
  const address = to.addresses[family] ?? "";
  const place = await serviceCase({ client, lab }, { port: to.port, protocol }, from, address, family);
  if ("problem" in place) throw new UsageError(place.problem, "choose a pod or a node as the sender");
  const { node, input, packet } = place;
  const [ways, observed] = await Promise.all([
    followRules(client, node.name, engineOf(input.proxy), packet),
    client.observe({ namespaces: [node.name] }),
  ]);
  const state = observed.namespaces[node.name];
  const source =
    packet.from.address === from.addresses[family]
      ? packet.from.address
      : `${from.addresses[family]}, there ${packet.from.address}`;
  const socket = joinHostPort(address, to.port);
  return {
    title: `${from.text} (${source}) → ${to.text}${to.text === socket ? `/${protocol}` : ` (${socket}/${protocol})`}`,
    node: node.name,
    mode: input.proxy.mode,
    oracle: asBackendSees(lab, place, verdictOf(decide(input, packet))),
    ways: ways.ways,
    unread: ways.unread,
    affinitySeconds: ways.affinitySeconds,
    nameOf: (endpoint) => endpointName(lab, splitHostPort(endpoint).address, family),
    carriedTo: (endpoint) => carriedTo(lab, from, node, splitHostPort(endpoint).address, family),
    causes: state === undefined ? () => "" : ruleCauses(state, observed.applied, family),
  };
}

function endpointName(lab: Lab, address: string, family: Family): string {
  const pod = labPods(lab).find((one) => one.address[family] === address);
  return pod === undefined ? "" : `${podText(pod)} on ${pod.node}`;
}

/** Empty for an endpoint that is not a pod of the pod network. */
function carriedTo(lab: Lab, from: Target, node: ClusterNode, address: string, family: Family): string {
  const cluster = lab.clusters.find(({ nodes }) => nodes.includes(node));
  const pod = cluster?.pods.find((one) => !one.hostNetwork && one.address[family] === address);
  const other = cluster?.nodes.find(({ name }) => name === pod?.node);
  if (cluster === undefined || pod === undefined || other === undefined) return "";
  const sender = from.node === node.name && from.pod !== undefined ? { pod: { address: from.addresses } } : {};
  return pathText(cluster, { node, ...sender }, { node: other, pod }, family);
}

/** All ways into a Service, in the family that is asked for or the first that its address has. */
async function explainService(
  client: AgentClient,
  lab: Lab,
  service: ServiceModel,
  family: Family | undefined,
): Promise<readonly ExplainedPacket[]> {
  const cluster = clusterNamed(lab, service.cluster);
  if (cluster === undefined) return [];
  const packets: ExplainedPacket[] = [];
  for (const { from, otherwise, to, protocol } of waysIn(lab, cluster, service)) {
    if (family !== undefined && to.addresses[family] === undefined) continue;
    const ask = (sender: Target): Promise<ExplainedPacket> =>
      explainPacket(
        client,
        lab,
        sender,
        to,
        protocol,
        to.addresses[family ?? "ipv4"] === undefined ? undefined : family,
      );
    packets.push(
      await ask(from).catch((error: unknown) => {
        if (otherwise === undefined || !(error instanceof UsageError)) throw error;
        return ask(otherwise);
      }),
    );
  }
  return packets;
}
