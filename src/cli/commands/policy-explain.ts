/** `k8snet-lab policy explain`: why the manifests' policies allow a connection or not; nothing is built. */
import type { Command } from "commander";
import { EXIT } from "../../errors.ts";
import { explain } from "../../model/policy-explain.ts";
import type { Explanation } from "../../model/policy-explain.ts";
import { policyWorld } from "../../model/policy-world.ts";
import { paint } from "../../report/color.ts";
import { formatExplanation } from "../../report/policy-explanation.ts";
import type { CliContext } from "../context.ts";
import { addExample } from "../options.ts";
import { resolveEndpoint, resolvePort } from "../policy/endpoints.ts";
import { addManifestOptions, loadManifests } from "../policy/load-manifests.ts";
import type { ManifestOptions } from "../policy/load-manifests.ts";

export function configurePolicyExplain(command: Command, context: CliContext): void {
  addManifestOptions(command)
    .description(
      "Why a connection is allowed or denied: each policy, rule, peer and port with file and line. Builds nothing. Exit code 1 when it is denied.",
    )
    .argument("<FROM>", "pod/NAME, NAMESPACE/NAME, deploy/NAME, an address, internet")
    .argument("<TO>", "the same; for a Service name a pod behind it")
    .argument("<PORT>", "the pod's port: 80, 53/udp, or its name")
    .option("--json", "the whole decision as one JSON object")
    .action(async (from: string, to: string, port: string, options: ManifestOptions & { json?: boolean }) => {
      const { lab, cluster } = await loadManifests(options, context);
      const world = policyWorld(cluster);
      const source = resolveEndpoint(lab, cluster, from);
      const target = resolveEndpoint(lab, cluster, to);
      const packet = { from: source, to: target, ...resolvePort(port, world, target) };
      const explanation = explain(world, packet);
      const names = { from: source.text, to: target.text, port: `${packet.protocol} ${packet.port}` };
      context.stdout.write(
        options.json === true
          ? `${JSON.stringify(asJson(explanation, names))}\n`
          : formatExplanation(explanation, names, paint(context.stdout, context.env)),
      );
      if (!explanation.allowed) context.exitCode = EXIT.checkFailed;
    });
  addExample(
    command,
    "k8snet-lab policy explain -f manifests/ shop/frontend shop/db 5432",
    "kubectl get ns,pods,netpol -A -o yaml | k8snet-lab policy explain -f - default/web kube-system/coredns 53/udp",
  );
}

function asJson(
  explanation: Explanation,
  names: { readonly from: string; readonly to: string; readonly port: string },
): object {
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
