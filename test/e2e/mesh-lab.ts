/** N namespaces on one bridge, each with a server, and a check that all of them reach all others: N × (N - 1) neighbour entries. */
export function meshLab(name: string, n: number, options: { readonly within?: string } = {}): string {
  const pods = Array.from({ length: n }, (_, i) => `p${i}`);
  const all = `[${pods.join(", ")}]`;
  return [
    "apiVersion: k8snet-lab/v1",
    "kind: Lab",
    `metadata: { name: ${name} }`,
    "spec:",
    "  topology:",
    "    nodes:",
    `      sw: { bridges: { cni0: {} }, interfaces: { ${pods.map((pod) => `${pod}: { bridge: cni0 }`).join(", ")} } }`,
    ...pods.map(
      (pod, i) => `      ${pod}: { interfaces: { eth0: { addresses: [10.66.0.${i + 1}/24] } }, servers: [80] }`,
    ),
    "    links:",
    ...pods.map((pod) => `      - endpoints: [sw:${pod}, ${pod}:eth0]`),
    "  checks:",
    `    - { name: all reach all, reach: { from: ${all}, to: ${all}, port: 80 }, expect: open, timeout: 1s, within: ${options.within ?? "5s"} }`,
    "",
  ].join("\n");
}
