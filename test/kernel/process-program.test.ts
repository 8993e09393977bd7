import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { AgentClient } from "../../src/agent/client.ts";
import type { ApplyResult } from "../../src/agent/protocol.ts";
import { getDriver } from "../../src/drivers/registry.ts";
import type { ProcessResource } from "../../src/resources/process/definition.ts";
import { buildPlan, down, leftovers, made } from "./agent-lab.ts";

const lab = `program-${process.pid}`;
let client: AgentClient;
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "program-"));
  writeFileSync(join(folder, "own"), "#!/bin/sh\necho $PATH; exec sleep 1000\n");
  writeFileSync(join(folder, "data"), "no program\n");
  chmodSync(join(folder, "own"), 0o755);
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(async () => {
  client.close();
  await client.closed;
  await expect.poll(() => leftovers(lab), { timeout: 5000 }).toEqual([]);
});

async function build(process: Pick<ProcessResource, "argv" | "env" | "cwd">): Promise<ApplyResult> {
  client = await getDriver("netns").start();
  await client.call("adopt", { lab, file: "test.yaml", recover: false });
  const resources = [
    made("netns", "red", [], { role: "host" }),
    made("process", "red", ["web"], { name: "web", ...process }),
  ];
  return client.call("apply", { operations: buildPlan(lab, resources).operations, mode: "build", keep: false });
}

interface Case {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly said: RegExp;
}

test.each<Case>([
  {
    argv: ["no-such-program"],
    env: {},
    said: /there is no program "no-such-program" \(looked for in .*\/bin.*\): .*install/,
  },
  { argv: ["/no/such"], env: {}, said: /there is no program \/no\/such: / },
  { argv: ["sh"], env: { PATH: "/nowhere" }, said: /there is no program "sh" \(looked for in \/nowhere\)/ },
  { argv: ["./data"], env: {}, said: /\/data is not executable: chmod \+x/ },
  { argv: ["/tmp"], env: {}, said: /there is no program \/tmp: / },
])("$argv with $env: the operation fails with its cause, and the build is rolled back", async ({ argv, env, said }) => {
  const { failures, rolledBack } = await build({ argv, env, cwd: folder });
  expect(rolledBack).toBe(true);
  expect(failures).toEqual([
    {
      operation: "create process:red:web",
      command: expect.stringContaining(argv[0] ?? "") as string,
      stderr: expect.stringMatching(said) as string,
      cause: "test.yaml:1:1 test red: for the test",
    },
  ]);
});

test("a program in the PATH that the process is given runs, and sees that PATH", async () => {
  const path = `${folder}:/usr/bin:/bin`;
  expect(await build({ argv: ["own"], env: { PATH: path } })).toMatchObject({ failures: [] });
  await expect
    .poll(() => client.call("processLog", { id: "process:red:web" }), { timeout: 5000 })
    .toEqual({ lines: [path], exitCode: null });
  expect(readFileSync("/proc/self/environ", "utf8")).not.toContain(folder);
  await down(client);
});
