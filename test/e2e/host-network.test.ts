/**
 * Pods of the host's network: they share their node's network namespace, and see a resolv.conf and hosts file of their own.
 * agent asks the cluster's DNS (ClusterFirstWithHostNet), plain its node's resolver; both on node1, web behind a Service on node2, ready by HTTPS and gRPC. Service nodes has Endpoints of its own, of which one is ready: agent by its node's address.
 */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cli, tracesOf } from "./cli.ts";

const NAME = "e2e-hostnet";
let folder = "";
let file = "";

function lab(search = "first.test"): string {
  return `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: ${NAME} }
spec:
  cluster: { nodes: [node1, node2] }
  checks:
    - { name: a name of the cluster, from: pod/agent, http: "http://web.default.svc.cluster.local/", expect: { status: 200 } }
    - { name: a hostAlias, from: pod/agent, http: "http://web.alias.test/", expect: { status: 200 } }
    - { name: programs too, from: pod/agent, command: [getent, hosts, web], expect: { exitCode: 0 } }
    - { name: the node does not know it, from: node1, command: [getent, hosts, web], expect: { exitCode: 2 } }
    - { name: nor the other pod, from: pod/plain, command: [getent, hosts, web.default.svc.cluster.local], expect: { exitCode: 2 } }
    - { name: by Endpoints, from: pod/web, balanced: "svc/nodes:80", connections: 10 }
    - { name: its probe passed, from: node2, http: "http://svc/agent:8080/", expect: { status: 200 } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: web, labels: { app: web } }, spec: { nodeName: node2, containers: [
  { name: web, ports: [ { containerPort: 80 } ], readinessProbe: { periodSeconds: 1, httpGet: { port: 80, scheme: HTTPS } } },
  { name: rpc, ports: [ { containerPort: 5000 } ], readinessProbe: { periodSeconds: 1, grpc: { port: 5000 } } } ] } }
---
{ apiVersion: v1, kind: Service, metadata: { name: web }, spec: { clusterIP: 10.96.0.99, selector: { app: web }, ports: [ { port: 80 } ] } }
---
{ apiVersion: v1, kind: Service, metadata: { name: nodes }, spec: { ports: [ { port: 80 } ] } }
---
{ apiVersion: v1, kind: Endpoints, metadata: { name: nodes }, subsets: [ { addresses: [ { ip: 192.168.50.11 } ], notReadyAddresses: [ { ip: 192.168.50.12 } ], ports: [ { port: 8080 } ] } ] }
---
{ apiVersion: v1, kind: Service, metadata: { name: agent }, spec: { selector: { app: agent }, ports: [ { port: 8080 } ] } }
---
apiVersion: v1
kind: Pod
metadata: { name: agent, labels: { app: agent } }
spec:
  nodeName: node1
  hostNetwork: true
  dnsPolicy: ClusterFirstWithHostNet
  hostAliases: [ { ip: 10.96.0.99, hostnames: [ web.alias.test ] } ]
  containers:
    - { name: server, ports: [ { containerPort: 8080 } ] }
    - name: program
      command: [sh, -c, "cp /etc/resolv.conf ${folder}/seen; exec sleep infinity"]
      readinessProbe: { periodSeconds: 1, exec: { command: [grep, web.alias.test, /etc/hosts] } }
---
apiVersion: v1
kind: Pod
metadata: { name: plain }
spec:
  nodeName: node1
  hostNetwork: true
  dnsConfig: { searches: [ ${search} ] }
  containers: [ { name: program, command: [sleep, infinity] } ]
`;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "e2e-hostnet-"));
  chmodSync(folder, 0o777);
  file = join(folder, "lab.yaml");
  writeFileSync(file, lab());
});
afterEach(async () => {
  if (tracesOf(NAME).length > 0) await cli(["down", NAME]);
  rmSync(folder, { recursive: true });
  expect(tracesOf(NAME)).toEqual([]);
});

const CLUSTER =
  "search default.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n";

/** What the program of agent found as its resolv.conf. */
const seen = (): string => (existsSync(join(folder, "seen")) ? readFileSync(join(folder, "seen"), "utf8") : "");

test("programs, probes, exec and checks of each pod go by its own files, the node by its own", async () => {
  expect(await cli(["up", "--plain", file])).toMatchObject({ code: 0, stderr: "" });
  await expect.poll(seen, { timeout: 20_000 }).toBe(CLUSTER);
  const read = async (target: string, path: string): Promise<string> =>
    (await cli(["exec", NAME, target, "--", "cat", path])).stdout;
  expect(await read("pod/agent", "/etc/resolv.conf")).toBe(CLUSTER);
  const ofNode = await read("node1", "/etc/hosts");
  expect(ofNode).not.toContain("web.alias.test");
  expect(await read("pod/agent", "/etc/hosts")).toBe(
    `# Kubernetes-managed hosts file (host network).\n${ofNode}\n# Entries added by HostAliases.\n10.96.0.99\tweb.alias.test\n`,
  );
  expect(await read("pod/plain", "/etc/resolv.conf")).toBe("search first.test\n");
  writeFileSync(file, lab("second.test"));
  expect(await cli(["up", "--plain", file])).toMatchObject({ code: 0, stderr: "" });
  expect(await read("pod/plain", "/etc/resolv.conf")).toBe("search second.test\n");
  expect(await read("pod/agent", "/etc/resolv.conf")).toBe(CLUSTER);
});

test("without root as well", async () => {
  expect(await cli(["test", "--plain", file], { uid: 1000 })).toMatchObject({ code: 0, stderr: "" });
  expect(seen()).toBe(CLUSTER);
});
