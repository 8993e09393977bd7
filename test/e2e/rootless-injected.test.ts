/** Each kind of fault in a lab of an ordinary user: it breaks what it says; undone, nothing differs. */
import { mkdtempSync, rmSync, writeFileSync, chmodSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FAULT_KINDS } from "../../src/faults/registry.ts";
import { eventually } from "../wait.ts";
import { cli, startCli } from "./cli.ts";
import { KINDS, labOf } from "./each-fault.ts";

const NAME = "e2e-rootless-injected";
const options = { ...(process.getuid?.() === 0 ? { uid: 1000 } : {}), env: { HOME: "/tmp" } };
const folder = mkdtempSync(join(tmpdir(), "e2e-rootless-injected-"));

beforeAll(async () => {
  const file = join(folder, "lab.yaml");
  writeFileSync(file, labOf(NAME));
  chmodSync(folder, 0o755);
  expect(await cli(["up", file, "--plain", "--no-checks"], options)).toMatchObject({ code: 0, stderr: "" });
}, 60_000);
afterAll(async () => {
  expect(await cli(["down", NAME], options)).toMatchObject({ code: 0 });
  rmSync(folder, { recursive: true });
});

const diff = async (): Promise<string> => (await cli(["diff", NAME], options)).stdout;
const answers = async (): Promise<boolean> =>
  (await cli(["probe", NAME, "pod/client", "http://pod/web/"], options)).code === 0;

test.each(FAULT_KINDS.map(({ kind }) => kind))("%s", { timeout: 60_000 }, async (kind) => {
  const [words = [], answered] = KINDS[kind] ?? [];
  const injected = await cli(["fault", NAME, kind, ...words], options);
  expect([injected.code, injected.stdout, injected.stderr]).toEqual([0, expect.stringContaining(`${kind}: `), ""]);
  if (answered !== undefined) expect(await answers()).toBe(answered);
  expect(await diff()).toContain("nothing differs");
  expect(await cli(["fault", NAME, "undo"], options)).toMatchObject({ code: 0, stdout: "no fault is active\n" });
  expect(await diff()).toContain("nothing differs");
  expect(await eventually(answers, (one) => one)).toBe(true);
});

test("of chaos that is killed, the lab undoes the fault", { timeout: 60_000 }, async () => {
  const killed = startCli(["chaos", NAME, "--only", "partition"], options);
  await killed.printed("do not see each other");
  killed.child.kill("SIGKILL");
  await killed.result;
  const listed = async (): Promise<string> => (await cli(["fault", NAME], options)).stdout;
  expect(await eventually(listed, (one) => one === "no fault is active\n")).toBe("no fault is active\n");
  expect(await diff()).toContain("nothing differs");
});
