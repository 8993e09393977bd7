import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { calledAs, commandsAsCalled } from "../../../src/cli/called-as.ts";
import { COMMANDS } from "../../../src/cli/commands.ts";

let folder = "";
let script = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "called-as-"));
  mkdirSync(join(folder, "checkout/scripts"), { recursive: true });
  mkdirSync(join(folder, "bin"));
  script = join(folder, "checkout/scripts/k8snet-lab");
  writeFileSync(script, "#!/bin/sh\n");
  chmodSync(script, 0o755);
  symlinkSync(script, join(folder, "bin/k8snet-lab"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const HINT = "look into it: k8snet-lab shell overlay pod/client; host: sudo k8snet-lab doctor";

function shown(env: Record<string, string>, uid: number, text = HINT): string {
  const cwd = join(folder, "checkout");
  return commandsAsCalled(text, calledAs({ env, uid, cwd, argv: ["node", join(cwd, "dist/k8snet-lab.js")] }));
}

test("by its name where a shell finds that, whatever the link is called as", () => {
  const PATH = `/usr/bin:${join(folder, "bin")}`;
  for (const called of [script, "scripts/k8snet-lab", join(folder, "bin/k8snet-lab")])
    expect(shown({ PATH, K8SNET_LAB_CALLED: called }, 1000), called).toBe(HINT);
});

test("another k8snet-lab on the PATH is not this one", () => {
  mkdirSync(join(folder, "other"));
  writeFileSync(join(folder, "other/k8snet-lab"), "#!/bin/sh\n");
  chmodSync(join(folder, "other/k8snet-lab"), 0o755);
  expect(shown({ PATH: join(folder, "other"), K8SNET_LAB_CALLED: "scripts/k8snet-lab" }, 1000)).toContain(
    "scripts/k8snet-lab shell",
  );
});

test("the checkout's script as it was typed, with sudo as it was used", () => {
  const env = { PATH: "/usr/bin", K8SNET_LAB_CALLED: "scripts/k8snet-lab" };
  expect(shown(env, 1000)).toBe(
    "look into it: scripts/k8snet-lab shell overlay pod/client; host: sudo scripts/k8snet-lab doctor",
  );
  expect(shown(env, 0)).toBe(
    "look into it: scripts/k8snet-lab shell overlay pod/client; host: scripts/k8snet-lab doctor",
  );
  expect(shown({ ...env, SUDO_UID: "1000" }, 0)).toBe(
    "look into it: sudo scripts/k8snet-lab shell overlay pod/client; host: sudo scripts/k8snet-lab doctor",
  );
});

test("a path that a shell would split is quoted", () => {
  expect(shown({ K8SNET_LAB_CALLED: "/home/me/my labs/scripts/k8snet-lab" }, 1000)).toContain(
    "'/home/me/my labs/scripts/k8snet-lab' shell overlay",
  );
});

test("npx and node, as they were called", () => {
  expect(shown({ npm_lifecycle_event: "npx", npm_lifecycle_script: "k8snet-lab ls" }, 1000)).toContain(
    "npx k8snet-lab shell",
  );
  expect(shown({ npm_lifecycle_event: "npx", npm_lifecycle_script: "vitest" }, 1000)).toContain(
    "node dist/k8snet-lab.js shell",
  );
});

test("what is not a command stays", () => {
  const env = { K8SNET_LAB_CALLED: "scripts/k8snet-lab" };
  for (const text of [
    "Usage: k8snet-lab exec [options] <LAB>",
    "a node image of k8snet-lab on this engine",
    "cd k8snet-lab && scripts/k8snet-lab up labs/overlay.yaml",
    "k8snet-lab 0.1.0",
    "uses: you/k8snet-lab/.github/actions/test@v0",
    "the k8snet-lab test/unit folder",
  ])
    expect(shown(env, 1000, text)).toBe(text);
});

test.each([...COMMANDS].flatMap(([name, { hidden }]) => (hidden === true ? [] : [name])))(
  "k8snet-lab %s is a command",
  (name) => {
    expect(shown({ K8SNET_LAB_CALLED: "./k" }, 1000, `k8snet-lab ${name} x`)).toBe(`./k ${name} x`);
  },
);
