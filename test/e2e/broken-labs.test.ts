/** Labs that are broken on purpose: they say so until they are fixed, a fix counts at once, and `up` does not break it again. */
import { readFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { splitWords } from "../../src/syntax/shell-words.ts";
import { cli, tracesOf } from "./cli.ts";

const root = join(import.meta.dirname, "../..");
const fileOf = (name: string): string => join(root, `labs/${name}.yaml`);
const BROKEN = "as expected in this broken lab";

/** Takes the lab down whatever the test found. */
async function thenDown(lab: string, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } finally {
    if (tracesOf(lab).length > 0) await cli(["down", lab]);
  }
  expect(tracesOf(lab)).toEqual([]);
}

/** The commands of the lab's solution that change something, as arguments. */
async function fixes(lab: string): Promise<readonly (readonly string[])[]> {
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

async function up(lab: string, ...more: string[]): Promise<string> {
  const { code, stdout, stderr } = await cli(["up", "--plain", ...more, fileOf(lab)]);
  // The labs of the other tests start at the same time.
  expect([code, stderr.replaceAll(/^.* in the queue\n/gm, "")]).toEqual([0, ""]);
  return stdout;
}

async function check(lab: string): Promise<string> {
  const { code, stdout } = await cli(["check", "--plain", lab]);
  expect([code, stdout.includes("✗")]).toEqual([0, false]);
  return stdout;
}

/** A fix that is none: the packets go to yet another wrong place. */
const WRONG: Readonly<Record<string, string>> = {
  "broken-fdb": "bridge fdb replace 02:f1:00:00:00:02 dev flannel.1 dst 192.168.50.14 self",
};

/** What is found of the lost packets. */
const FOUND: Readonly<Record<string, string>> = {
  "broken-some-pods": "translated to 192.168.50.36, the reverse path filter of node1 drops it",
};

// Side by side: they wait for packets that do not come.
test.concurrent.each([
  "broken-fdb",
  "broken-bgp",
  "broken-mtu",
  "broken-masquerade",
  "broken-conntrack",
  "broken-some-pods",
])(
  "%s: fixed as its solution says, it is green and stays so; a wrong fix is none; --reset breaks it again",
  (lab) =>
    thenDown(lab, async () => {
      const first = await up(lab);
      expect(first).toContain(BROKEN);
      expect(first.replaceAll(/\s+/g, " ")).toContain(FOUND[lab] ?? "");
      const wrong = WRONG[lab];
      if (wrong !== undefined) expect((await cli(["exec", lab, "node1", "--", ...wrong.split(" ")])).code).toBe(0);
      expect(await check(lab)).toContain(BROKEN);
      if (wrong !== undefined) {
        // Back to where the lesson began.
        expect(await up(lab)).toContain(BROKEN);
        const { stdout } = await cli(["exec", lab, "node1", "--", "bridge", "fdb", "show", "dev", "flannel.1"]);
        expect(stdout).toContain("02:f1:00:00:00:02 dst 192.168.50.13");
      }
      const commands = await fixes(lab);
      expect(commands.length).toBeGreaterThan(0);
      for (const command of commands) expect((await cli(command)).code).toBe(0);
      // The natural next step of somebody who has fixed it.
      const after = await up(lab);
      expect(after).toContain("is fixed and stays fixed");
      expect(after).not.toContain(BROKEN);
      expect(await check(lab)).not.toContain(BROKEN);
      expect(await up(lab)).not.toContain(BROKEN);
      // A rule of one's own stays, whatever `up` does.
      for (const command of commands.filter((words) => words.includes("-A")))
        expect((await cli(command.map((word) => (word === "-A" ? "-D" : word)))).code).toBe(0);
      expect(await up(lab, "--reset")).toContain(BROKEN);
      expect(await check(lab)).toContain(BROKEN);
      for (const command of commands) expect((await cli(command)).code).toBe(0);
      expect(await check(lab)).toContain("fixed: what was broken on purpose works now");
    }),
  240_000,
);

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

test.concurrent.each([
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
  (lab, fix) =>
    thenDown(lab, async () => {
      const folder = mkdtempSync(join(tmpdir(), "e2e-broken-"));
      expect(await up(lab)).toContain(BROKEN);
      const text = readFileSync(fileOf(lab), "utf8");
      const fixed = fix(text);
      expect(fixed).not.toBe(text);
      const file = join(folder, `${lab}.yaml`);
      writeFileSync(file, fixed);
      const { code, stdout } = await cli(["up", "--plain", file]);
      expect([code, stdout.includes(BROKEN), stdout.includes("✗")]).toEqual([0, false, false]);
      rmSync(folder, { recursive: true });
    }),
  120_000,
);

test.each(["fdb", "bgp", "mtu", "masquerade", "conntrack", "policy-dns", "policy-selectors", "traffic-policy"])(
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
