import { expect, test } from "vitest";
import { policyVerdict } from "../../../../src/checks/reach/policy-verdict.ts";
import { serviceCase } from "../../../../src/checks/service/deciding-node.ts";
import type { RunContext } from "../../../../src/checks/kind.ts";
import { loadLabText } from "../../../../src/load/load-lab.ts";
import type { Lab } from "../../../../src/lab/lab.ts";
import { resolveTarget } from "../../../../src/targets/parse-target.ts";

const object = (cluster: string, text: string): string =>
  `---\n{ ${text.replace("{", `{ annotations: { k8snet-lab/cluster: ${cluster} },`)} }\n`;
const pod = (cluster: string, name: string): string =>
  object(cluster, `apiVersion: v1, kind: Pod, metadata: { name: ${name} }, spec: { containers: [ { name: c } ] }`);
const policy = (cluster: string, spec: string): string =>
  object(
    cluster,
    `apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { name: p }, spec: { podSelector: {}, ${spec} }`,
  );
const lab = (cni: string, policies: string): Lab =>
  loadLabText(
    `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: two }
spec:
  clusters:
    east: { nodes: [node1], cni: { ${cni} } }
    west: { nodes: [node1], podCIDR: 10.245.0.0/16, serviceCIDR: 10.97.0.0/16, flat: true }
${pod("east", "client")}${pod("west", "web")}
${object("west", "apiVersion: v1, kind: Service, metadata: { name: web }, spec: { type: NodePort, selector: {}, ports: [ { port: 80, nodePort: 30080 } ] }")}
${policies}`,
    "lab.yaml",
  ).lab;

const from = (cidr: string): string => policy("west", `ingress: [ { from: [ { ipBlock: { cidr: ${cidr} } } ] } ]`);
const allowed = (made: Lab): boolean | undefined =>
  policyVerdict(made, resolveTarget(made, "east.pod/client"), resolveTarget(made, "west.pod/web"), "tcp", 80, "ipv4")
    ?.allowed;

test.each([
  ["masqueraded: its node's address is let in", "", from("192.168.50.11/32"), true],
  ["masqueraded: its own means nothing", "", from("10.244.0.0/16"), false],
  ["its own address is let in", "ipMasq: false", from("10.244.0.0/16"), true],
  ["then its node's means nothing", "ipMasq: false", from("192.168.50.11/32"), false],
  ["its own cluster has a say too", "", `${from("0.0.0.0/0")}${policy("east", "policyTypes: [ Egress ]")}`, false],
  ["no policies", "", "", undefined],
])("from one cluster to another, %s", (_, cni, policies, expected) => {
  expect(allowed(lab(cni, policies))).toBe(expected);
});

test("a node port of another cluster is decided there, with the source that arrives; its cluster IP is left alone at home", async () => {
  const made = lab("", "");
  const client = {
    call: () => Promise.resolve({ stdout: "", stderr: "", exitCode: 0 }),
  } as unknown as RunContext["client"];
  const ask = (to: string, port: number) =>
    serviceCase({ client, lab: made }, { port, protocol: "tcp" }, resolveTarget(made, "east.pod/client"), to, "ipv4");
  expect(await ask("192.168.51.11", 30080)).toMatchObject({
    node: { name: "west.node1" },
    packet: { from: { kind: "outside", address: "192.168.50.11" } },
  });
  const [web] = made.clusters[1]?.services.filter(({ name }) => name === "web") ?? [];
  expect(await ask(web?.clusterIPs[0] ?? "", 80)).toMatchObject({
    node: { name: "east.node1" },
    packet: { from: { kind: "pod", address: "10.244.0.2" } },
  });
});
