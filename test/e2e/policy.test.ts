/** `k8snet-lab policy` as a user runs it: plain manifests in; verdicts, findings and proof with packets out. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cli } from "./cli.ts";

const pod = (name: string, port: number): string =>
  `---\napiVersion: v1\nkind: Pod\nmetadata: { name: ${name}, labels: { app: ${name} } }\nspec: { containers: [{ name: c, image: x, ports: [{ name: p, containerPort: ${port} }] }] }\n`;
const MANIFESTS = `${pod("web", 80)}${pod("db", 5432)}---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: db }
spec:
  podSelector: { matchLabels: { app: db } }
  ingress: [{ from: [{ podSelector: { matchLabels: { app: web } } }], ports: [{ port: p }] }]
`;

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cli-policy-"));
  writeFileSync(join(folder, "m.yaml"), MANIFESTS);
});
afterAll(() => rmSync(folder, { recursive: true }));

test("explain: allowed is 0, denied is 1 with policy, file and line; also from stdin", async () => {
  const allowed = await cli(["policy", "explain", "-f", "m.yaml", "web", "db", "p"], { cwd: folder });
  expect(allowed).toMatchObject({ code: 0, stderr: "" });
  expect(allowed.stdout).toContain("default/web → default/db TCP 5432: allowed");
  const denied = await cli(["policy", "explain", "-f", "-", "internet", "db", "5432"], { input: MANIFESTS });
  expect(denied.code).toBe(1);
  expect(denied.stdout).toContain("isolated by NetworkPolicy default/db (stdin:14:13)");
  expect(denied.stdout).toContain("203.0.113.10 is not a pod");
});

test("explain: the port may stand with the target; none is a mistake, with help for this command", async () => {
  const joined = await cli(["policy", "explain", "-f", "m.yaml", "web", "db:p"], { cwd: folder });
  expect(joined.stdout).toContain("default/web → default/db TCP 5432: allowed");
  const six = await cli(["policy", "explain", "-f", "m.yaml", "web", "[2001:db8::1]:53/udp", "--dual-stack"], {
    cwd: folder,
  });
  expect(six.stdout).toContain("→ 2001:db8::1 UDP 53: allowed");
  const none = await cli(["policy", "explain", "-f", "m.yaml", "web", "db"], { cwd: folder });
  expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining("db has no port") as string });
  const few = await cli(["policy", "explain", "-f", "m.yaml", "web"], { cwd: folder });
  expect(few.stderr).toMatch(/ policy explain --help shows its arguments/);
});

test("explain: a target that does not exist is reported with those that do", async () => {
  const { code, stderr } = await cli(["policy", "explain", "-f", "m.yaml", "wbe", "db", "80"], { cwd: folder });
  expect(code).toBe(2);
  expect(stderr).toContain("web");
});

const POLICED = `${pod("web", 80)}${pod("db", 5432)}---
apiVersion: v1
kind: Service
metadata: { name: db }
spec: { type: NodePort, clusterIP: 172.20.7.7, clusterIPs: [172.20.7.7], externalIPs: [198.51.100.9], selector: { app: db }, ports: [{ name: sql, port: 15432, targetPort: 5432, nodePort: 30543 }] }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: out }
spec:
  podSelector: { matchLabels: { app: web } }
  policyTypes: [Egress]
  egress: [{ to: [{ ipBlock: { cidr: 172.20.0.0/16 } }, { ipBlock: { cidr: 10.96.0.1/32 } }, { ipBlock: { cidr: 198.51.100.9/32 } }] }]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: in }
spec:
  podSelector: { matchLabels: { app: db } }
  ingress: [{ from: [{ ipBlock: { cidr: 203.0.113.0/24 } }] }]
`;

test.each([
  [
    "a Service's address in another cluster's range",
    ["web", "172.20.7.7", "15432"],
    1,
    "172.20.7.7 (svc/db) TCP 15432: denied",
  ],
  ["an external address", ["web", "198.51.100.9", "sql"], 1, "198.51.100.9 (svc/db) TCP 15432: denied"],
  ["a DNS name", ["web", "db.default.svc.cluster.local", "15432"], 1, "svc/db TCP 15432: denied"],
  ["the API server", ["web", "svc/kubernetes", "443"], 1, "these manifests do not say where the API server is"],
  ["the API server by its address", ["web", "172.20.0.1", "443"], 1, "172.20.0.1 (svc/kubernetes) TCP 443: denied"],
  ["the API server by its name", ["db", "kubernetes.default.svc", "https"], 0, "svc/kubernetes TCP 443: allowed"],
  ["a node port of the Service", ["internet", "svc/db", "30543"], 1, "svc/db TCP 30543: 1 of 2 ways allowed"],
  ["the Service's port from outside", ["internet", "svc/db", "15432"], 1, "svc/db TCP 15432: 1 of 2 ways allowed"],
  ["a node and its port", ["db", "node1", "30543"], undefined, "node1 (a node port of svc/db) TCP 30543"],
  ["nobody's address in the range of Services", ["web", "172.20.200.1", "80"], 2, "is not known here"],
  ["no such DNS name", ["web", "wbe.default.svc", "80"], 2, "no Service has the DNS name"],
] as const)("explain: %s", async (_, asked, code, text) => {
  const told = await cli(["policy", "explain", "-f", "-", ...asked], { input: POLICED });
  expect(`${told.stdout}${told.stderr}`).toContain(text);
  if (code !== undefined) expect(told.code).toBe(code);
});

test("exposure: who could reach a workload, also who is not there yet; policies alone say what is missing", async () => {
  const input = `${POLICED}---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: more }
spec: { podSelector: { matchLabels: { app: db } }, ingress: [{ from: [{ podSelector: { matchLabels: { app: nobody } } }], ports: [{ port: 9000, endPort: 9010 }] }] }
`;
  const { stdout, code } = await cli(["policy", "exposure", "-f", "-", "db"], { input });
  expect(code).toBe(0);
  expect(stdout).toContain("    203.0.113.0/24: all ports  ← default/in stdin:");
  expect(stdout).toContain("    pods app=nobody of namespace default: TCP 9000-9010 (none exists now)  ← default/more");
  expect(stdout).toContain("  reaches: everybody, all ports (no policy isolates its egress)");
  const explained = await cli(["policy", "explain", "-f", "-", "internet", "db", "5432"], { input });
  expect(explained.stdout).toContain("also allowed, though no container declares it: TCP 1-5431, 5433-65535");
  const alone = input.slice(input.indexOf("kind: NetworkPolicy") - "apiVersion: networking.k8s.io/v1\n".length);
  const lint = await cli(["policy", "lint", "-f", "-", "--ignore", "service-address"], { input: alone });
  expect(lint).toMatchObject({ code: 0, stdout: "3 policies, 0 findings\n" });
  expect(lint.stderr).toContain("there are no pods in these manifests");
  const none = await cli(["policy", "explain", "-f", "-", "web", "db", "5432"], { input: alone });
  expect(none.code).toBe(2);
  expect(none.stderr).toContain("add the workloads with another -f");
});

test("lint: findings end with 1 and go into SARIF", async () => {
  const { code, stdout } = await cli(["policy", "lint", "-f", "m.yaml"], { cwd: folder });
  expect(stdout).toBe("1 policy, 0 findings\n");
  expect(code).toBe(0);
  writeFileSync(join(folder, "bad.yaml"), MANIFESTS.replace("app: db } }\n  ingress", "app: bd } }\n  ingress"));
  const bad = await cli(["policy", "lint", "-f", "bad.yaml", "--sarif", "out.sarif"], { cwd: folder });
  expect(bad.code).toBe(1);
  expect(bad.stdout).toContain("[empty-selection]");
  const { runs } = JSON.parse(readFileSync(join(folder, "out.sarif"), "utf8")) as {
    runs: { results: { ruleId: string; locations: unknown[] }[] }[];
  };
  expect(runs[0]?.results[0]).toMatchObject({
    ruleId: "empty-selection",
    locations: [{ physicalLocation: { artifactLocation: { uri: "bad.yaml" }, region: { startLine: 14 } } }],
  });
});

test.each(["iptables", "nftables"])(
  "test with %s: packets, expectation, baseline, JUnit; nothing stays",
  async (backend) => {
    writeFileSync(
      join(folder, "expect.yaml"),
      "expect:\n  - allow default/web -> default/db 5432\n  - deny * -> default/db\n",
    );
    const args = ["policy", "test", "-f", "m.yaml", "--backend", backend, "--expect", "expect.yaml"];
    const good = await cli([...args, "--save", "base.json", "--junit", "junit.xml"], { cwd: folder });
    expect(good.stdout).toContain("TCP 5432: packets match the policies");
    expect(good.stdout).toContain("no policy isolates the ingress of default/web\n");
    expect(good.stdout).toContain("is down");
    expect(good).toMatchObject({ code: 0, stderr: "" });
    expect(readFileSync(join(folder, "junit.xml"), "utf8")).toContain("allow default/web -&gt; default/db 5432");
    expect(readFileSync(join(folder, "junit.xml"), "utf8")).not.toMatch(/policy-\d/);
    writeFileSync(join(folder, "open.yaml"), MANIFESTS.replace(/from: .*?\}\], /, ""));
    const open = await cli(
      ["policy", "test", "-f", "open.yaml", "--backend", backend, "--expect", "expect.yaml", "--diff", "base.json"],
      { cwd: folder },
    );
    expect(open.code).toBe(1);
    expect(open.stdout).toContain("✗ deny * -> default/db");
    expect(open.stdout).toContain(
      "is allowed: egress not isolated; ingress by NetworkPolicy default/db ingress[0] (open.yaml:17)",
    );
    expect(open.stdout).toContain("opens kube-system/coredns -> default/db 5432/tcp");
    const name = /^(policy-\d+)/m.exec(open.stdout)?.[1] ?? "";
    expect(name).not.toBe("");
    expect(existsSync(`/run/k8snet-lab/${name}`)).toBe(false);
  },
);

test("two clusters: each judges what its nodes forward, with the address that arrives; packets prove it", async () => {
  const blocked = MANIFESTS.replace("podSelector: { matchLabels: { app: web } }", "ipBlock: { cidr: 192.168.48.0/20 }");
  writeFileSync(join(folder, "west.yaml"), blocked);
  const clusters = ["--cluster", "east=m.yaml", "--cluster", "west=west.yaml"];
  const explained = await cli(["policy", "explain", ...clusters, "east.web", "west.db", "p"], { cwd: folder });
  expect(explained).toMatchObject({ code: 0, stderr: "" });
  expect(explained.stdout).toMatch(/^east.default\/web \(there 192.168.48.12\) → west.default\/db TCP 5432: allowed/);
  const back = await cli(["policy", "explain", ...clusters, "west.web", "east.db", "p"], { cwd: folder });
  expect(back.code).toBe(1);
  expect(back.stdout).toContain("podSelector app=web: 192.168.64.12 is not a pod");
  const unsaid = await cli(["policy", "explain", ...clusters, "web", "west.db", "p"], { cwd: folder });
  expect(unsaid.stderr).toContain("name one of them: east.web or west.web");
  writeFileSync(
    join(folder, "expect.yaml"),
    "expect: [ allow east.pod/web -> west.default/db 5432, deny west.* -> east.pod/db, deny west.default/web -> west.default/db ]\n",
  );
  const proved = await cli(["policy", "test", ...clusters, "--expect", "expect.yaml", "--plain"], { cwd: folder });
  expect({ code: proved.code, stderr: proved.stderr }).toEqual({ code: 0, stderr: "" });
  expect(proved.stdout).toContain("✓ deny west.* -> east.pod/db");
});
