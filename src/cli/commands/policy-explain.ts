/** `k8snet-lab policy explain`: why the manifests' policies allow a connection or not; nothing is built. */
import type { Command } from "commander";
import { EXIT, UsageError } from "../../errors.ts";
import type { ClusterModel } from "../../cluster/cluster.ts";
import { addressOutside, clusterOf } from "../../cluster/lab-clusters.ts";
import type { PolicyLab, PolicyPart } from "../../load/policy-manifests.ts";
import { objectKey } from "../../net/object-ref.ts";
import { explain, type Explanation } from "../../oracle/policy/policy-explain.ts";
import { podTiers } from "../../cluster/policy/tiers.ts";
import { policyKey } from "../../kube/cluster-network-policy/cluster-network-policy.ts";
import { podAt } from "../../oracle/policy/policy-oracle.ts";
import type { DecidingRule, HostVerdict, PolicyPacket } from "../../oracle/policy/policy-oracle.ts";
import { pathsAcross, policyPaths, type PolicyPath } from "../../oracle/policy/policy-path.ts";
import { allowedPorts, declaredPorts, formatPorts, subtractPorts } from "../../oracle/policy/policy-port-space.ts";
import { policyWorld, type PolicyWorld } from "../../cluster/policy/policy-world.ts";
import { paint, type Paint } from "../../report/color.ts";
import { formatExplanation } from "../../report/policy-explanation.ts";
import type { CliContext } from "../context.ts";
import { addExample } from "../options.ts";
import { destinationPart, resolveDestinations, type Way } from "../policy/destinations.ts";
import { resolveEndpoint, type NamedEndpoint } from "../policy/endpoints.ts";
import { addManifestOptions, loadManifests, type ManifestOptions } from "../policy/load-manifests.ts";

export function configurePolicyExplain(command: Command, context: CliContext): void {
  addManifestOptions(command)
    .description(
      "Why a connection is allowed or denied: each policy, rule, peer and port with file and line. Builds nothing. Exit code 1 when it is denied.",
    )
    .argument("<FROM>", "pod/NAME, NAMESPACE/NAME, deploy/NAME, an address, internet")
    .argument(
      "<TO>",
      "the same, or a Service: svc/NAME, svc/NAMESPACE/NAME, its DNS name or an address of it; the API server: svc/kubernetes; or node1 and a node port",
    )
    .argument("[PORT]", "the pod's or the Service's port: 80, 53/udp, or its name; or TO:PORT in one word")
    .option("--json", "the whole decision as one JSON object")
    .action(
      async (from: string, to: string, port: string | undefined, options: ManifestOptions & { json?: boolean }) => {
        const asked = port === undefined ? splitPort(to) : { to, port };
        const found = explainAll(await loadManifests(options, context), from, asked.to, asked.port);
        context.stdout.write(
          options.json === true
            ? `${JSON.stringify(found.service === undefined ? { ...found.parts.map(asJson)[0], undeclared: found.more, note: found.note } : serviceJson(found))}\n`
            : formatAll(found, paint(context.stdout, context.env)),
        );
        if (found.parts.some(({ explanation }) => !explanation.allowed)) context.exitCode = EXIT.checkFailed;
      },
    );
  addExample(
    command,
    "k8snet-lab policy explain -f manifests/ shop/frontend shop/db 5432",
    "k8snet-lab policy explain -f manifests/ shop/frontend svc/shop/db 80",
    "k8snet-lab policy explain --cluster east=east/ --cluster west=west/ east.shop/web west.shop/db 5432",
    "kubectl get ns,pods,netpol -A -o yaml | k8snet-lab policy explain -f - default/web kube-system/coredns 53/udp",
  );
}

/** As `explain` and `probe` take it: `svc/web:80`, `db:53/udp`, `[fd00::7]:80`. */
function splitPort(text: string): { readonly to: string; readonly port: string } {
  const [, bracketed, plain, port] = /^(?:\[(.+)\]|([^:]+)):([^:]+)$/u.exec(text) ?? [];
  const to = bracketed ?? plain;
  if (to !== undefined && port !== undefined) return { to, port };
  throw new UsageError(`${text} has no port`, `name it: ${text} 80`);
}

interface Part {
  readonly names: { readonly from: string; readonly to: string; readonly port: string };
  readonly explanation: Explanation;
}

interface Explained {
  /** One, or one per endpoint of the Service. */
  readonly parts: readonly Part[];
  readonly service?: Part["names"] | undefined;
  /** Ports that are allowed besides the requested one, and that no container declares. */
  readonly more?: string | undefined;
  /** What is not known. */
  readonly note?: string | undefined;
}

/** A cluster and what its policies are judged in. */
type Judge = readonly [ClusterModel, PolicyWorld];

function explainAll({ lab, parts: all }: PolicyLab, from: string, to: string, port: string): Explained {
  const judgeOf = ({ cluster, serviceAddresses }: PolicyPart): Judge => [
    cluster,
    policyWorld(cluster, serviceAddresses),
  ];
  const own = resolveEndpoint(lab, from);
  const part = destinationPart(lab, all, own, to);
  if (part === undefined) throw new UsageError("these manifests are not part of a cluster");
  const there = judgeOf(part);
  const [cluster, world] = there;
  const homePart = all.find((one) => own.target !== undefined && one.cluster === clusterOf(lab, own.target));
  const home = homePart === undefined || homePart === part ? there : judgeOf(homePart);
  const source = home === there ? own : fromAbroad(home[0], own);
  const found = resolveDestinations(lab, part, world, source, to, port);
  if (found.kind === "end") {
    const arriving = { from: source, to: found.to, ...found.port };
    const packet = home === there ? arriving : { ...arriving, from: own, to: { address: found.to.address } };
    const names = { from: source.text, to: found.to.text, port: `${packet.protocol} ${packet.port}` };
    const [path] = pathsOf(home, there, own, { address: found.to.address, ...found.port });
    const explanation = explain(home[1], packet, arriving, world, path?.judgement.hosts);
    return { parts: [{ names, explanation }], more: otherPorts(world, arriving), note: acrossNote(own, source) };
  }
  const { ways, text } = found;
  const parts = ways.flatMap((way) => wayParts(home, there, { own, source }, way, ways.length > 1));
  const asked = `${found.port.protocol} ${found.port.port}`;
  if (parts.length === 0)
    throw new UsageError(
      `${text} has no endpoints for ${asked}`,
      "no pod here matches its selector: kube-proxy refuses every connection to it",
    );
  const { namespace, name } = found.service;
  const isApi = namespace === "default" && name === "kubernetes";
  return {
    parts,
    service: { from: source.text, to: text, port: asked },
    note: isApi && !cluster.slices.some(isGivenApi) ? API_UNKNOWN : acrossNote(own, source),
  };
}

/** What another cluster sees of a pod or node: an outside address. */
function fromAbroad(cluster: ClusterModel, { text, target, address }: NamedEndpoint): NamedEndpoint {
  const family = address.includes(":") ? "ipv6" : "ipv4";
  const seen = (target && addressOutside(cluster, target, family)) ?? address;
  return { text: `${text} (there ${seen})`, address: seen };
}

function acrossNote(own: NamedEndpoint, source: NamedEndpoint): string | undefined {
  return own === source
    ? undefined
    : `from another cluster a pod comes with its node's address; ${source.address} is made up, unless the manifests have the Node`;
}

/** Programs also listen on undeclared ports. */
function otherPorts(world: PolicyWorld, { from, to, protocol, port }: PolicyPacket): string | undefined {
  const pod = podAt(world, to);
  if (pod === undefined || podTiers(world, pod, "ingress").length === 0) return undefined;
  const open = subtractPorts(allowedPorts(world, from, to, protocol), [
    ...declaredPorts(world, to, protocol),
    [port, port],
  ]);
  return open.length === 0 ? undefined : `${protocol} ${formatPorts(open)}`;
}

/** The manifests say where the API server is. */
const isGivenApi = ({ namespace, service, cause }: ClusterModel["slices"][number]): boolean =>
  namespace === "default" && service === "kubernetes" && cause.object.startsWith("EndpointSlice");

const API_UNKNOWN =
  "these manifests do not say where the API server is; it is assumed to be a separate node, port 6443. An ipBlock must have that address, not the Service's";

function pathsOf(home: Judge, there: Judge, own: NamedEndpoint, way: Way): readonly PolicyPath[] {
  const { address, port, protocol } = way;
  const family = address.includes(":") ? ("ipv6" as const) : ("ipv4" as const);
  const place = own.target ?? { text: own.text, ns: own.text, node: "", addresses: { [family]: own.address } };
  const paths =
    home === there
      ? policyPaths(...there, place, { address, port }, protocol, family)
      : pathsAcross(home, there, place, { address, port }, protocol, family);
  return paths ?? [];
}

/** Policies see a Service's endpoints, after its address has been translated. */
function wayParts(
  home: Judge,
  there: Judge,
  { own, source }: { readonly own: NamedEndpoint; readonly source: NamedEndpoint },
  way: Way,
  many: boolean,
): readonly Part[] {
  const { by, protocol } = way;
  return pathsOf(home, there, own, way).flatMap(({ egress, ingress, judgement }): Part[] => {
    const packet = egress?.packet ?? ingress?.packet;
    if (packet === undefined) return [];
    const { pod } = ingress?.packet.to ?? packet.to;
    const end = pod === undefined ? packet.to.address : objectKey({ ...pod, cluster: there[0].name });
    const number = (ingress?.packet ?? packet).port;
    const via = many && by !== undefined ? ` by ${by}` : "";
    return [
      {
        names: { from: source.text, to: `${end}${via}`, port: `${protocol} ${number}` },
        explanation: explain(home[1], packet, ingress?.packet, there[1], judgement.hosts),
      },
    ];
  });
}

function formatAll({ parts, service, note, more }: Explained, color: Paint): string {
  const texts = parts.map(({ names, explanation }) => formatExplanation(explanation, names, color));
  const others = more === undefined ? "" : `\nalso allowed, though no container declares it: ${more}\n`;
  const noted = note === undefined ? "" : `  ${note}\n`;
  if (service === undefined) return `${texts.join("")}${others}${noted === "" ? "" : `\n${noted.trimStart()}`}`;
  const open = parts.filter(({ explanation }) => explanation.allowed).length;
  const verdict =
    open === parts.length
      ? color.green("allowed")
      : open === 0
        ? color.red("denied")
        : color.yellow(`${open} of ${parts.length} ways allowed`);
  const ends = parts.map(({ names }) => `${names.to} ${names.port}`).join(", ");
  const head = `${color.bold(`${service.from} → ${service.to} ${service.port}`)}: ${verdict}\n  policies see what comes after the Service's translation: ${ends}\n${noted}`;
  return [head, ...texts].join("\n");
}

function serviceJson({ parts, service, note }: Explained): object {
  return {
    ...service,
    ...(note === undefined ? {} : { note }),
    allowed: parts.every(({ explanation }) => explanation.allowed),
    endpoints: parts.map(asJson),
  };
}

function asJson({ explanation, names }: Part): object {
  return {
    ...names,
    allowed: explanation.allowed,
    directions: explanation.steps.map(({ direction, verdict, tiers }) => ({
      direction,
      allowed: verdict.allowed,
      reason: verdict.reason,
      isolatedBy: verdict.isolatedBy.map((policy) => ({
        ...("namespace" in policy ? { namespace: policy.namespace } : {}),
        name: policy.name,
        source: policy.cause.source,
      })),
      decidedBy: verdict.decidedBy && decidingRule(verdict.decidedBy),
      rules: tiers.flatMap(({ tier, rules }) =>
        rules.map((step) => ({
          tier,
          action: step.action,
          policy: policyKey(step.policy),
          path: step.rule.cause.reason,
          source: step.rule.cause.source,
          matches: step.matches,
          peers: step.peers.map(({ text, because, part }) => ({ text, because, source: part.cause.source })),
          ports: step.ports.map(({ text, because, part }) => ({ text, because, source: part.cause.source })),
        })),
      ),
    })),
    ...(explanation.hosts === undefined || explanation.hosts.length === 0
      ? {}
      : { hosts: explanation.hosts.map(hostJson) }),
  };
}

function hostJson({ node, device, endpoint, stage, direction, allowed, reason, decidedBy }: HostVerdict): object {
  return {
    endpoint: endpoint.name,
    node,
    device,
    stage,
    direction,
    allowed,
    reason,
    decidedBy: decidedBy && decidingRule(decidedBy),
  };
}

function decidingRule({ tier, policy, rule }: DecidingRule): object {
  return { tier, policy: policyKey(policy), path: rule.cause.reason, source: rule.cause.source };
}
