/** Labs of any size for the benchmarks, as lab files a user could have written. */

/** N namespaces on one bridge, each with a veth, an address and a default route: what netlink_floor.c builds. */
export function bridgeLab(name: string, n: number): string {
  const nodes: string[] = [`      sw: { bridges: { cni0: { addresses: [10.244.0.1/16] } }, interfaces: {`];
  const links: string[] = [];
  for (let i = 0; i < n; i++) {
    nodes.push(`        v${i}: { bridge: cni0 }${i < n - 1 ? "," : " } }"}`);
    links.push(`      - endpoints: [sw:v${i}, p${i}:eth0]`);
  }
  for (let i = 0; i < n; i++)
    nodes.push(
      `      p${i}: { interfaces: { eth0: { addresses: [${address(i + 2)}/16] } }, routes: [{ to: default, via: 10.244.0.1 }] }`,
    );
  return file(name, nodes, links);
}

/** N pods that are routed, not bridged (as kindnet and Calico do it): no neighbour entry for each pair of pods. */
export function matrixLab(name: string, n: number): string {
  const nodes: string[] = [];
  const links: string[] = [];
  const legs: string[] = [];
  const routes: string[] = [];
  for (let i = 0; i < n; i++) {
    legs.push(`          v${i}: { addresses: [169.254.1.1/32] }`);
    routes.push(`          - { to: ${address(i + 2)}/32, dev: v${i}, scope: link }`);
    links.push(`      - endpoints: [host:v${i}, p${i}:eth0]`);
    nodes.push(
      `      p${i}: { interfaces: { eth0: { addresses: [${address(i + 2)}/32] } }, servers: [80], routes: [{ to: 169.254.1.1/32, dev: eth0, scope: link }, { to: default, via: 169.254.1.1, dev: eth0 }] }`,
    );
  }
  nodes.push(
    `      host:\n        sysctls: { net.ipv4.ip_forward: 1 }\n        interfaces:\n${legs.join("\n")}\n        routes:\n${routes.join("\n")}`,
  );
  const pods = `[${Array.from({ length: n }, (_, i) => `p${i}`).join(", ")}]`;
  const checks = ["tcp", "http"]
    .map(
      (protocol) =>
        `    - { name: ${protocol} matrix, reach: { from: ${pods}, to: ${pods}, port: 80, protocol: ${protocol} }, expect: open, within: 60s, timeout: 5s }`,
    )
    .join("\n");
  return `${file(name, nodes, links)}  checks:\n${checks}\n`;
}

/** N pods with a built-in server each. */
export function serverLab(name: string, n: number): string {
  return bridgeLab(name, n).replaceAll("via: 10.244.0.1 }] }", "via: 10.244.0.1 }], servers: [80] }");
}

function address(index: number): string {
  return `10.244.${Math.floor(index / 250)}.${(index % 250) + 1}`;
}

function file(name: string, nodes: readonly string[], links: readonly string[]): string {
  return [
    "apiVersion: k8snet-lab/v1",
    "kind: Lab",
    `metadata: { name: ${name} }`,
    "spec:",
    "  topology:",
    "    nodes:",
    ...nodes,
    "    links:",
    ...links,
    "",
  ].join("\n");
}
