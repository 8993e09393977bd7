/** The command line with the docker driver on a test's engine, and what of ours is there afterwards. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cli, startCli } from "./cli.ts";
import type { CliOptions, CliProcess, CliResult } from "./cli.ts";
import type { TestEngine } from "./docker-engine.ts";

export const ROOT = join(import.meta.dirname, "../..");
export const OVERLAY = join(ROOT, "labs/overlay.yaml");
export const STATE = "/run/k8snet-lab-docker";

export interface DockerCli {
  run(...args: readonly string[]): Promise<CliResult>;
  /** With options; `env` beside the engine's. */
  runWith(options: CliOptions, ...args: readonly string[]): Promise<CliResult>;
  start(...args: readonly string[]): CliProcess;
  /** Containers (all that there are), networks of ours, and records. */
  leftovers(): string[];
}

export function dockerCli(engine: Pick<TestEngine, "env" | "docker">): DockerCli {
  const options = (more: CliOptions = {}): CliOptions => ({
    cwd: ROOT,
    ...more,
    env: { ...engine.env, K8SNET_LAB_DRIVER: "docker", ...more.env },
  });
  return {
    run: (...args) => cli(args, options()),
    runWith: (more, ...args) => cli(args, options(more)),
    start: (...args) => startCli(args, options()),
    leftovers: () => {
      const lines = [
        engine.docker("ps", "--all", "--format", "{{.Names}}"),
        engine.docker("network", "ls", "--filter", "label=io.k8snet-lab.lab", "--format", "{{.Name}}"),
      ];
      return [...lines.join("\n").split("\n").filter(Boolean), ...(existsSync(STATE) ? readdirSync(STATE) : [])];
    },
  };
}

/** Ended with this exit code; all that it said is shown otherwise. */
export function endedWith(code: number, { stdout, stderr, ...ended }: CliResult): void {
  expect(ended.code, `${stdout}\n${stderr}`).toBe(code);
}

/** Tests that need an engine; where there can be none, one skipped test says why. */
export function describeWithEngine(title: string, reason: string | undefined, body: () => void): void {
  if (reason === undefined) {
    describe(title, () => {
      body();
    });
  } else test.skipIf(true)(`${title} (${reason})`, () => expect(reason).toBeUndefined());
}
