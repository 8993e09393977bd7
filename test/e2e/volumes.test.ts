/**
 * Volumes of a pod whose programs run: two containers share an emptyDir, and read what objects hold, at paths that this machine has and
 * at such that it does not have. The first notes again and again what it sees.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cli, tracesOf } from "./cli.ts";
import type { CliOptions } from "./cli.ts";

const name = `e2e-volumes-${process.pid}`;
const lab = (word: string): string => `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: ${name} }
spec: { cluster: { nodes: [node1], dns: false } }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: conf }
binaryData: { raw: AAEC/w== }
data:
  word: ${word}
  run: |
    #!/bin/sh
    echo started >>/k8snet/data/starts
    while cat /etc/k8snet-test/word /etc/k8snet-one/word >/k8snet/data/next; do
      mv /k8snet/data/next /k8snet/data/now
      sleep 0.1
    done
---
{ apiVersion: v1, kind: Secret, metadata: { name: pass }, stringData: { key: sesame } }
---
apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  volumes:
    - { name: conf, configMap: { name: conf } }
    - { name: script, configMap: { name: conf, defaultMode: 0755 , items: [ { key: run, path: run } ] } }
    - { name: pass, secret: { secretName: pass, defaultMode: 0400 } }
    - { name: shared, emptyDir: {} }
    - { name: fast, emptyDir: { medium: Memory, sizeLimit: 64Ki } }
  containers:
    - name: first
      command: [/scripts/run]
      volumeMounts:
        - { name: script, mountPath: /scripts }
        - { name: conf, mountPath: /etc/k8snet-test }
        - { name: conf, mountPath: /etc/k8snet-one/word, subPath: word }
        - { name: pass, mountPath: /run/secrets/pass }
        - { name: shared, mountPath: /k8snet/data }
        - { name: shared, mountPath: /k8snet/part, subPath: part }
        - { name: fast, mountPath: /mnt }
    - name: second
      command: [sh, -c, "touch /ro/x || echo read-only >/other/second; exec sleep infinity"]
      readinessProbe: { exec: { command: [test, -d, /other] } }
      volumeMounts: [{ name: shared, mountPath: /other }, { name: shared, mountPath: /ro, readOnly: true }]
`;

const LOOK = `cat /etc/k8snet-test/word /etc/k8snet-one/word /run/secrets/pass/key; od -An -tx1 /etc/k8snet-test/raw
stat -Lc %a /scripts/run /run/secrets/pass/key; readlink /etc/k8snet-test/word; grep -c web /etc/hosts
touch /etc/k8snet-test/x 2>/dev/null || echo read-only
dd if=/dev/zero of=/mnt/big bs=1k count=100 2>/dev/null || echo full
echo hello >/k8snet/part/x; cat /k8snet/data/part/x
`;
const SEEN = "oneonesesame 00 01 02 ff\n755\n400\n..data/word\n1\nread-only\nfull\nhello\n";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "volumes-"));
  chmodSync(folder, 0o755);
});
afterEach(() => rmSync(folder, { recursive: true }));

const mounts = (): string => execFileSync("findmnt", ["-rno", "TARGET,SOURCE,FSTYPE"], { encoding: "utf8" });

const USERS: readonly (readonly [string, CliOptions])[] = [
  ["root", {}],
  ["an ordinary user", { uid: 1000, env: { HOME: "/tmp" } }],
];

test.each(USERS)("%s: files are there, follow their objects, and go with the lab", async (_, options) => {
  const file = join(folder, "lab.yaml");
  const before = mounts();
  const run = async (...args: readonly string[]): Promise<string> => {
    const result = await cli(args, options);
    expect(result.code, JSON.stringify(result)).toBe(0);
    return result.stdout;
  };
  const inside = (script: string): Promise<string> => run("exec", name, "pod/web", "--", "sh", "-c", script);
  const noted = (what: string): Promise<string> => inside(`cat /k8snet/data/${what} 2>/dev/null || true`);
  try {
    writeFileSync(file, lab("one"));
    expect(await run("up", file, "--plain")).not.toContain("is not ready");
    expect(await inside(LOOK)).toBe(SEEN);
    // A name that the shell has built in is a program as well.
    await run("exec", name, "pod/web", "--", "test", "-e", "/k8snet/data");
    await expect.poll(() => noted("second"), { timeout: 15_000 }).toBe("read-only\n");
    await expect.poll(() => noted("now"), { timeout: 15_000 }).toBe("oneone");
    expect(["/etc/k8snet-test", "/k8snet", "/scripts", "/run/secrets/pass"].filter(existsSync)).toEqual([]);

    writeFileSync(file, lab("two"));
    expect(await run("up", "--dry-run", file)).toContain("1 difference");
    await run("up", file, "--plain");
    await expect.poll(() => noted("now"), { timeout: 15_000 }).toBe("twoone");
    expect(await noted("starts")).toBe("started\n");

    const [row] = JSON.parse(await run("ls", "--json")) as { pid: number }[];
    process.kill(row?.pid ?? 0, "SIGKILL");
    await expect.poll(() => run("ls"), { timeout: 15_000 }).toContain("dead");
    await run("up", file, "--plain");
    await expect.poll(() => noted("now"), { timeout: 15_000 }).toBe("twotwo");

    const [again] = JSON.parse(await run("ls", "--json")) as { pid: number }[];
    process.kill(again?.pid ?? 0, "SIGKILL");
  } finally {
    await cli(["down", name], options);
  }
  expect(await run("ls", "--json")).toBe("[]\n");
  expect([tracesOf(name), mounts()]).toEqual([[], before]);
});
