/** `k8snet-lab policy explain`: why the manifests' policies allow a connection or not; nothing is built. */
import type { Command } from "commander";
import { EXIT, UsageError } from "../../errors.ts";
import type { ClusterModel } from "../../model/cluster.ts";
import type { Lab } from "../../model/lab.ts";
import type { PolicyWorld } from "../../model/network-policy.ts";
import { explain } from "../../model/policy-explain.ts";
import type { Explanation } from "../../model/policy-explain.ts";
import { policyPaths } from "../../model/policy-path.ts";
import { policyWorld } from "../../model/policy-world.ts";
import { serviceText } from "../../model/service-target.ts";
import type { ServiceModel } from "../../model/service.ts";
import { paint } from "../../report/color.ts";
import type { Paint } from "../../report/color.ts";
import { formatExplanation } from "../../report/policy-explanation.ts";
import type { CliContext } from "../context.ts";
import { addExample } from "../options.ts";
import { resolveEndpoint, resolvePort, resolveService, resolveServicePort } from "../policy/endpoints.ts";
import type { NamedEndpoint } from "../policy/endpoints.ts";
import { addManifestOptions, loadManifests } from "../policy/load-manifests.ts";
import type { ManifestOptions } from "../policy/load-manifests.ts";

export function configurePolicyExplain(command: Command, context: CliContext): void {
  addManifestOptions(command)
    .description(
      "Why a connection is allowed or denied: each policy, rule, peer and port with file and line. Builds nothing. Exit code 1 when it is denied.",
    )
    .argument("<FROM>", "pod/NAME, NAMESPACE/NAME, deploy/NAME, an address, internet")
    .argument("<TO>", "the same, or a Service: svc/NAME, svc/NAMESPACE/NAME")
    .argument("<PORT>", "the pod's or the Service's port: 80, 53/udp, or its name")
    .option("--json", "the whole decision as one JSON object")
    .action(async (from: string, to: string, port: string, options: ManifestOptions & { json?: boolean }) => {
      const { lab, cluster } = await loadManifests(options, context);
      const found = explainAll(lab, cluster, from, to, port);
      context.stdout.write(
        options.json === true
          ? `${JSON.stringify(found.service === undefined ? found.parts.map(asJson)[0] : serviceJson(found))}\n`
          : formatAll(found, paint(context.stdout, context.env)),
      );
      if (found.parts.some(({ explanation }) => !explanation.allowed)) context.exitCode = EXIT.checkFailed;
    });
  addExample(
    command,
    "k8snet-lab policy explain -f manifests/ shop/frontend shop/db 5432",
    "k8snet-lab policy explain -f manifests/ shop/frontend svc/shop/db 80",
    "kubectl get ns,pods,netpol -A -o yaml | k8snet-lab policy explain -f - default/web kube-system/coredns 53/udp",
  );
}

interface Part {
  readonly names: { readonly from: string; readonly to: string; readonly port: string };
  readonly explanation: Explanation;
}

interface Explained {
  /** One, or one per endpoint of the Service. */
  readonly parts: readonly Part[];
  readonly service?: Part["names"] | undefined;
}

function explainAll(lab: Lab, cluster: ClusterModel, from: string, to: string, port: string): Explained {
  const world = policyWorld(cluster);
  const source = resolveEndpoint(lab, cluster, from);
  const service = resolveService(cluster, to);
  if (service !== undefined) return explainService(cluster, world, source, service, port);
  const target = resolveEndpoint(lab, cluster, to);
  const packet = { from: source, to: target, ...resolvePort(port, world, target) };
  const names = { from: source.text, to: target.text, port: `${packet.protocol} ${packet.port}` };
  return { parts: [{ names, explanation: explain(world, packet) }] };
}

/** Policies see a Service's endpoints, after its address has been translated. From outside it is asked at its load balancer's. */
function explainService(
  cluster: ClusterModel,
  world: PolicyWorld,
  source: NamedEndpoint,
  service: ServiceModel,
  text: string,
): Explained {
  const { protocol, port } = resolveServicePort(text, service);
  const isInside = source.target !== undefined && cluster.nodes.some(({ name }) => name === source.target?.node);
  const address = isInside ? service.clusterIPs[0] : service.loadBalancerIPs[0]?.ip;
  const name = serviceText(service);
  if (address === undefined)
    throw new UsageError(
      `${source.text} cannot reach ${name}: ${isInside ? "it has no address" : "only Services of type LoadBalancer have an address outside of the cluster"}`,
      "name a pod behind it",
    );
  const family = address.includes(":") ? ("ipv6" as const) : ("ipv4" as const);
  const place = source.target ?? {
    text: source.text,
    ns: source.text,
    node: "",
    addresses: { [family]: source.address },
  };
  const paths = policyPaths(cluster, world, place, { address, port }, protocol, family);
  const parts = (paths ?? []).flatMap(({ egress, ingress }): Part[] => {
    const packet = egress?.packet ?? ingress?.packet;
    if (packet === undefined) return [];
    const { pod } = ingress?.packet.to ?? packet.to;
    const end = pod === undefined ? packet.to.address : `${pod.namespace}/${pod.name}`;
    const number = (ingress?.packet ?? packet).port;
    return [
      {
        names: { from: source.text, to: end, port: `${protocol} ${number}` },
        explanation: explain(world, packet, ingress?.packet),
      },
    ];
  });
  if (parts.length === 0)
    throw new UsageError(
      `${name} has no endpoints for ${protocol} ${port}`,
      "no pod here matches its selector: kube-proxy refuses every connection to it",
    );
  return { parts, service: { from: source.text, to: name, port: `${protocol} ${port}` } };
}

function formatAll({ parts, service }: Explained, color: Paint): string {
  const texts = parts.map(({ names, explanation }) => formatExplanation(explanation, names, color));
  if (service === undefined) return texts.join("");
  const open = parts.filter(({ explanation }) => explanation.allowed).length;
  const verdict =
    open === parts.length
      ? color.green("allowed")
      : open === 0
        ? color.red("denied")
        : color.yellow(`${open} of ${parts.length} endpoints allowed`);
  const ends = parts.map(({ names }) => `${names.to} ${names.port}`).join(", ");
  const head = `${color.bold(`${service.from} → ${service.to} ${service.port}`)}: ${verdict}\n  policies see what comes after the Service's translation: ${ends}\n`;
  return [head, ...texts].join("\n");
}

function serviceJson({ parts, service }: Explained): object {
  return {
    ...service,
    allowed: parts.every(({ explanation }) => explanation.allowed),
    endpoints: parts.map(asJson),
  };
}

function asJson({ explanation, names }: Part): object {
  return {
    ...names,
    allowed: explanation.allowed,
    directions: explanation.steps.map(({ direction, verdict, rules }) => ({
      direction,
      allowed: verdict.allowed,
      reason: verdict.reason,
      isolatedBy: verdict.isolatedBy.map(({ namespace, name, cause }) => ({ namespace, name, source: cause.source })),
      rules: rules.map((step) => ({
        policy: `${step.policy.namespace}/${step.policy.name}`,
        path: step.rule.cause.reason,
        source: step.rule.cause.source,
        matches: step.matches,
        peers: step.peers.map(({ text, because, part }) => ({ text, because, source: part.cause.source })),
        ports: step.ports.map(({ text, because, part }) => ({ text, because, source: part.cause.source })),
      })),
    })),
  };
}
