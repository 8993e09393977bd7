/**
 * Policies about SCTP with real associations, on a kernel that has it: this one, or a virtual machine's (K8SNET_VM, else
 * ../shared/tools/vmrun: a program that runs a script there and shows it the folder VMRUN_SHARE at /mnt/share).
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cli } from "./cli.ts";
import { isVmThere, vmCommand } from "../vm/machine.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const own = readFileSync("/proc/net/protocols", "utf8").includes("SCTP");
const guest = !own && isVmThere();
const note = own || guest ? "" : " (the kernel lacks SCTP)";
/** Milliseconds for a machine without hardware virtualization that is busy with other things. */
const BOOT = 600_000;
const NO_GUEST = "needs a virtual machine with SCTP";

const pod = (name: string): string =>
  `{ apiVersion: v1, kind: Pod, metadata: { name: ${name}, labels: { app: ${name} } }, spec: { containers: [{ name: c, image: x, ports: [{ containerPort: 9000, protocol: SCTP }, { containerPort: 80 }] }] } }`;
const MANIFESTS = [
  pod("web"),
  pod("db"),
  "{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { name: db }, spec: { podSelector: { matchLabels: { app: db } }, ingress: [{ from: [{ podSelector: { matchLabels: { app: web } } }], ports: [{ port: 9000, protocol: SCTP }] }] } }",
].join("\n---\n");

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(ROOT, "node_modules/.sctp-"));
  writeFileSync(join(folder, "m.yaml"), MANIFESTS);
});
afterAll(() => rmSync(folder, { recursive: true }));

const ARGS = ["policy", "test", "-f", "m.yaml", "--plain"];

interface End {
  readonly code: number | undefined;
  readonly stdout: string;
}

/** Both runs in the virtual machine, which is started once; undefined: it could not be made or started. */
async function inGuest(): Promise<{ readonly bare: End; readonly loaded: End } | undefined> {
  const run = `node ../../dist/k8snet-lab.js ${ARGS.join(" ")} 2>&1; echo code $?`;
  const parts = [
    `cd /mnt/share/node_modules/${basename(folder)} && echo began`,
    run,
    "ls -A /run/k8snet-lab; echo between",
    `modprobe -a sctp br_netfilter && ${run}`,
  ];
  const [file = "", ...args] = vmCommand(parts.join("; "));
  const env = { VMRUN_SHARE: ROOT, VMRUN_TIMEOUT: String(BOOT / 1000) };
  const { stdout } = await execa(file, args, { reject: false, timeout: BOOT, env });
  if (!stdout.startsWith("began")) return undefined;
  const [bare = "", loaded = ""] = stdout.split("between\n");
  const end = (text: string): End => ({ code: Number(/^code (\d+)$/m.exec(text)?.[1]), stdout: text });
  return { bare: end(bare), loaded: end(loaded) };
}

let ends: { readonly bare: End; readonly loaded: End } | undefined;
beforeAll(async () => {
  if (guest) ends = await inGuest();
}, BOOT);

test.skipIf(note !== "")(
  `policy test makes associations, and the rules hold for them${note}`,
  async (context) => {
    const end = own ? await cli(ARGS, { cwd: folder }) : ends?.loaded;
    if (end === undefined) return context.skip(NO_GUEST);
    const { code, stdout } = end;
    expect(stdout).toContain("✓ SCTP 9000: ");
    expect(stdout).toContain("SCTP: real associations: this kernel has SCTP");
    expect(stdout).not.toContain("✗");
    expect(code).toBe(0);
  },
  BOOT,
);

test.skipIf(own || !guest)(
  "without br_netfilter nothing is built, and the module is named (the kernel lacks SCTP)",
  (context) => {
    if (ends === undefined) return context.skip(NO_GUEST);
    const { code, stdout } = ends.bare;
    expect(stdout).toContain(
      "NetworkPolicies between pods on one node cannot be built here: this kernel lacks bridge netfilter",
    );
    expect(stdout).toContain("modprobe br_netfilter");
    expect(code).toBe(3);
    // And the folder of labs is empty.
    expect(stdout).toMatch(/\ncode 3\n$/);
  },
);
