/** The Vagrantfile is one that Vagrant takes, and it gives what the README promises. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../../..");
const text = readFileSync(join(root, "Vagrantfile"), "utf8");
const has = (command: string): boolean => spawnSync(command, ["--version"], { stdio: "ignore" }).error === undefined;

test("it is valid for Vagrant", { timeout: 60_000 }, (context) => {
  context.skip(!has("vagrant"), "needs vagrant");
  const home = mkdtempSync(join(tmpdir(), "k8snet-vagrant-"));
  const run = spawnSync("vagrant", ["validate", "--ignore-provider"], {
    cwd: root,
    encoding: "utf8",
    env: {
      ...process.env,
      VAGRANT_HOME: home,
      VAGRANT_DOTFILE_PATH: join(home, "dot"),
      VAGRANT_CHECKPOINT_DISABLE: "1",
    },
  });
  rmSync(home, { recursive: true });
  expect(run.stdout + run.stderr).toContain("validated successfully");
  expect(run.status).toBe(0);
});

test("it is good Ruby", (context) => {
  context.skip(!has("ruby"), "needs ruby");
  const run = spawnSync("ruby", ["-c", join(root, "Vagrantfile")], { encoding: "utf8" });
  expect(run.stdout).toContain("Syntax OK");
});

test("it forwards no port and provisions by the set-up script", () => {
  expect(text).not.toContain("forwarded_port");
  expect(text).toContain("/vagrant/scripts/k8snet-lab");
});
