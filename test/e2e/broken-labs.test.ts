/** Labs that are broken on purpose: they say so until they are fixed, a fix counts at once, and `up` does not break it again. */
import { readFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { splitWords } from "../../src/model/shell-words.ts";
import { cli, tracesOf } from "./cli.ts";

const root = join(import.meta.dirname, "../..");
const fileOf = (name: string): string => join(root, `labs/${name}.yaml`);
const BROKEN = "as this broken lab has it";
let lab = "";

afterEach(async () => {
  if (tracesOf(lab).length > 0) await cli(["down", lab]);
  expect(tracesOf(lab)).toEqual([]);
});

/** The commands of the lab's solution that change something, as arguments. */
async function fixes(): Promise<readonly (readonly string[])[]> {
  const { stdout, code } = await cli(["solution", fileOf(lab)]);
  expect(code).toBe(0);
  const lines = stdout.split("\n").flatMap((line) => /^ +k8snet-lab (exec .*)$/.exec(line)?.[1] ?? []);
  return lines
    .filter((line) => !line.includes("conntrack -L"))
    .map((line) => {
      const found = splitWords(line);
      return "words" in found ? found.words : [];
    });
}

async function up(...more: string[]): Promise<string> {
  const { code, stdout, stderr } = await cli(["up", "--plain", ...more, fileOf(lab)]);
  expect([code, stderr]).toEqual([0, ""]);
  return stdout;
}

async function check(): Promise<string> {
  const { code, stdout } = await cli(["check", "--plain", lab]);
  expect([code, stdout.includes("✗")]).toEqual([0, false]);
  return stdout;
}

test.each(["broken-fdb", "broken-mtu", "broken-masquerade", "broken-conntrack"])(
  "%s: fixed as its solution says, it is green and stays so; --reset breaks it again",
  async (name) => {
    lab = name;
    expect(await up()).toContain(BROKEN);
    expect(await check()).toContain(BROKEN);
    const commands = await fixes();
    expect(commands.length).toBeGreaterThan(0);
    for (const command of commands) expect((await cli(command)).code).toBe(0);
    // The natural next step of somebody who has fixed it.
    const after = await up();
    expect(after).toContain("is fixed and stays so");
    expect(after).not.toContain(BROKEN);
    expect(await check()).not.toContain(BROKEN);
    expect(await up()).not.toContain(BROKEN);
    // A rule of one's own stays, whatever `up` does.
    for (const command of commands.filter((words) => words.includes("-A")))
      expect((await cli(command.map((word) => (word === "-A" ? "-D" : word)))).code).toBe(0);
    expect(await up("--reset")).toContain(BROKEN);
    expect(await check()).toContain(BROKEN);
    for (const command of commands) expect((await cli(command)).code).toBe(0);
    expect(await check()).toContain("fixed: what was broken on purpose works now");
  },
  120_000,
);

test("a wrong fix is not taken for one: up goes back to where the lesson began", async () => {
  lab = "broken-fdb";
  await up();
  const wrong = "bridge fdb replace 02:f1:00:00:00:02 dev flannel.1 dst 192.168.50.14 self";
  expect((await cli(["exec", lab, "node1", "--", ...wrong.split(" ")])).code).toBe(0);
  expect(await check()).toContain(BROKEN);
  expect(await up()).toContain(BROKEN);
  const { stdout } = await cli(["exec", lab, "node1", "--", "bridge", "fdb", "show", "dev", "flannel.1"]);
  expect(stdout).toContain("02:f1:00:00:00:02 dst 192.168.50.13");
}, 120_000);

const DNS = `---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: allow-dns }
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
    - to: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: kube-system } } }]
      ports: [{ port: 53, protocol: UDP }, { port: 53, protocol: TCP }]
`;

test.each([
  ["broken-policy-dns", (text: string) => text + DNS],
  [
    "broken-policy-selectors",
    (text: string) =>
      text.replace(
        "        - podSelector: { matchLabels: { app: prometheus } }\n      ports",
        "          podSelector: { matchLabels: { app: prometheus } }\n      ports",
      ),
  ],
  [
    "broken-traffic-policy",
    (text: string) => text.replace("externalTrafficPolicy: Local\n", "externalTrafficPolicy: Cluster\n"),
  ],
])(
  "%s: with the manifest corrected, all of its checks pass as they stand",
  async (name, fix) => {
    lab = name;
    const folder = mkdtempSync(join(tmpdir(), "e2e-broken-"));
    try {
      expect(await up()).toContain(BROKEN);
      const text = readFileSync(fileOf(lab), "utf8");
      const fixed = fix(text);
      expect(fixed).not.toBe(text);
      const file = join(folder, `${lab}.yaml`);
      writeFileSync(file, fixed);
      const { code, stdout } = await cli(["up", "--plain", file]);
      expect([code, stdout.includes(BROKEN), stdout.includes("✗")]).toEqual([0, false, false]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  60_000,
);

test.each(["fdb", "mtu", "masquerade", "conntrack", "policy-dns", "policy-selectors", "traffic-policy"])(
  "broken-%s: what is read first does not give the answer away",
  (name) => {
    const text = readFileSync(fileOf(`broken-${name}`), "utf8");
    const [before = ""] = text.split(/\n {2}# Spoiler/);
    const checks =
      text
        .slice(text.indexOf("\n  checks:"), text.indexOf("\n  # Spoiler: what is broken"))
        .match(/- name: .*/g)
        ?.join("\n") ?? "";
    expect(before).not.toMatch(/## (Mend|Fix|Solution)|wrong:|should be/);
    for (const told of [
      "forwarding entry in",
      "drops ICMP",
      "black hole",
      "masquerade rule",
      "stale",
      "one dash",
      "nobody thought",
      "no endpoint here",
    ])
      expect(`${before}\n${checks}`).not.toContain(told);
  },
);
